"""The report for people."""

from collections.abc import Iterator
from typing import Any


def render(report: dict[str, Any], *, is_passed: bool) -> str:
    """Return the report as a table."""
    return "\n".join(_lines(report, is_passed=is_passed))


def _lines(report: dict[str, Any], *, is_passed: bool) -> Iterator[str]:
    if "round" in report:
        yield from _round(report["round"])
    for mutation in report.get("mutations", []):
        noticed = ", ".join(mutation["noticed_by"])
        yield f"mutation {mutation['name']}: {mutation['what']}"
        yield f"    noticed by {noticed}" if noticed else "    NOT NOTICED: the test proves nothing about it"
        yield f"    violated: {', '.join(mutation['violated'])}"
        yield from (f"    {example:.160}" for example in mutation["examples"][:2])
    yield ""
    outcome = "passed" if is_passed else "FAILED"
    yield f"{outcome} in {report['took_s']} s, seed {report['seed']}; everything is in {report['folder']}"


def _round(found: dict[str, Any]) -> Iterator[str]:
    yield f"{'':10} {'checked':>9} {'broken':>7}"
    for verdict in found["verdicts"]:
        note = f" ({verdict['note']})" if verdict["note"] else ""
        yield f"{verdict['invariant']:10} {verdict['checked']:>9} {verdict['violations']:>7}  {verdict['what']}{note}"
        yield from (f"{'':29} {example:.300}" for example in verdict["examples"])
    yield ""
    for what in ("faults", "failpoints"):
        yield f"{what}: " + ", ".join(f"{count} {name}" for name, count in found[what].items())
    yield ""

"""`python -m tests.torture.check FOLDER`: check what a round left behind; exit code 1 where something does not hold."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.torture.check import decisions, delivery, feed, intake, surroundings
from tests.torture.check.evidence import Evidence
from tests.torture.plan import Plan


def main(folder: Path) -> int:
    """Write `checked.json` and return the exit code."""
    evidence = Evidence(Plan.load(folder))
    verdicts = [
        intake.acknowledged_items(evidence),
        decisions.effective_decisions(evidence),
        decisions.fences(evidence),
        delivery.deliveries(evidence),
        feed.feed(evidence),
        intake.idempotency(evidence),
        surroundings.isolation(evidence),
        surroundings.canary(evidence),
        intake.injected_text(evidence),
        surroundings.rest(evidence),
        surroundings.trails(evidence),
        surroundings.rules(evidence),
    ]
    enough, counts = surroundings.faults(evidence)
    walked, fired = surroundings.failpoints(evidence)
    verdicts += [enough, walked]
    violated = [verdict.invariant for verdict in verdicts if verdict.violations]
    report = {
        "verdicts": [asdict(verdict) for verdict in verdicts],
        "faults": counts,
        "failpoints": fired,
        "violated": violated,
        "examples": [example for verdict in verdicts for example in verdict.examples[:1]],
        "passed": not violated,
    }
    (folder / "checked.json").write_text(json.dumps(report, indent=1, default=str))
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""`python -m tests.torture`: the round, then the mutations, then the table; fails where any of them does."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aios_site.stack.urls import with_database
from tests.torture.mutations import MUTATIONS, Mutation
from tests.torture.plan import Plan
from tests.torture.progress import say
from tests.torture.round import findings, free_ports, run_round
from tests.torture.services import Services
from tests.torture.source import copy_source
from tests.torture.table import render

_TEMPLATE = "torture_template"
_MUTATED_MINUTES = 0.6
_MUTATED_ITEMS = 1500


def main() -> int:
    """Run what was asked for and return the exit code."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="aios-torture-")) if options.folder is None else options.folder
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        folder.chmod(0o711)
    services = Services(folder / "home")
    report: dict[str, Any] = {"seed": options.seed, "minutes": options.minutes, "folder": str(folder)}
    started = time.monotonic()
    say("starting the services")
    services.start()
    try:
        if options.again is not None:
            return subprocess.run(
                [sys.executable, "-m", "tests.torture.check", str(folder / options.again)], check=False
            ).returncode
        _make_template(services, folder)
        if options.only_mutation is None:
            report["round"] = _round(services, folder, options)
        if options.only_mutation is not None or not options.no_mutations:
            chosen = [one for one in MUTATIONS if options.only_mutation in (None, one.name)]
            report["mutations"] = [_mutated(services, folder, options, mutation) for mutation in chosen]
    finally:
        services.stop()
    report["took_s"] = round(time.monotonic() - started)
    is_passed = _is_passed(report)
    print(json.dumps(report | {"passed": is_passed}) if options.json else render(report, is_passed=is_passed))
    if is_passed and options.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if is_passed else 1


def _round(services: Services, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    plan, database = _plan(services, folder, "round", options.minutes, options.items, options.seed)
    copy_source(plan.product)
    run_round(plan, services, database)
    return findings(plan.folder)


def _mutated(services: Services, folder: Path, options: argparse.Namespace, mutation: Mutation) -> dict[str, Any]:
    plan, database = _plan(
        services, folder, mutation.name, _MUTATED_MINUTES, _MUTATED_ITEMS, options.seed, has_quota=False
    )
    copy_source(plan.product, mutation.patches)
    run_round(plan, services, database, sabotage=mutation.sql)
    found = findings(plan.folder)
    return {
        "name": mutation.name,
        "what": mutation.what,
        "noticed_by": [one for one in found["violated"] if one in mutation.noticed_by],
        "violated": found["violated"],
        "examples": found["examples"],
    }


def _plan(
    services: Services, folder: Path, name: str, minutes: float, items: int, seed: int, *, has_quota: bool = True
) -> tuple[Plan, str]:
    database = f"torture_{name.replace('-', '_')}"
    services.make_database(database, _TEMPLATE)
    services.flush()
    own = folder / name
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    product = own / "source"
    environment = services.environment(database, product) | {"AIOS_STORAGE_ROOT": str(own / "files")}
    admin_url = with_database(services.urls.admin, database)
    plan = Plan(
        name,
        own,
        product,
        minutes,
        items,
        seed,
        free_ports(),
        environment["DATABASE_URL"],
        admin_url,
        has_quota,
        environment,
    )
    return plan, database


def _make_template(services: Services, folder: Path) -> None:
    say("making the tables")
    services.prepare_template(_TEMPLATE)
    source = folder / "template-source"
    shutil.rmtree(source, ignore_errors=True)
    copy_source(source)
    command = [sys.executable, str(source / "manage.py"), "migrate", "--database", "owner", "--verbosity", "0"]
    subprocess.run(command, cwd=source, env=services.environment(_TEMPLATE, source), check=True)


def _is_passed(report: dict[str, Any]) -> bool:
    """Tell whether the round held and every mutation was noticed."""
    return bool(report.get("round", {"passed": True})["passed"]) and all(
        mutation["noticed_by"] for mutation in report.get("mutations", [])
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long faults are inflicted (default: 10)")
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only-mutation", metavar="NAME", choices=[mutation.name for mutation in MUTATIONS])
    parser.add_argument("--no-mutations", action="store_true", help="the round alone")
    parser.add_argument("--folder", type=Path, help="where everything is left to be looked at")
    parser.add_argument("--again", metavar="NAME", help="with --folder: only check the round of this name once more")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

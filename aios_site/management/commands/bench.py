"""`manage.py bench`: measure intake, pipeline, review loop, workstation, replay or tuner, on services of the benchmark's own."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from aios_site.bench.chromium import require_chromium
from aios_site.bench.report import rendered
from aios_site.stack.embedded import EmbeddedServices

_INSIDE = "AIOS_BENCH_INSIDE"
_ITEMS = 20_000
_PAST_ITEMS = 1_000_000
_SCORED_ITEMS = 100_000


class Command(BaseCommand):
    """Measure."""

    help = "Starts its own services and a scratch database, measures, prints figures, and leaves nothing behind."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to measure and how much of it."""
        parser.add_argument("name", choices=["intake", "pipeline", "loop", "ui", "replay", "tuner"])
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--seconds", type=float, default=15.0, help="how long each part is measured")
        parser.add_argument("--clients", type=int, default=8)
        parser.add_argument(
            "--items",
            type=int,
            help="pipeline: items, 20,000; intake: items by batch, as many; replay: past items, a million; tuner: scored items, 100,000",
        )
        parser.add_argument("--open", type=int, default=10_000, help="loop: open reviews")
        parser.add_argument("--export", action="store_true", help="loop: measure again during an export")

    def handle(self, **options: Any) -> None:
        """Start services and measure in a process of its own that knows no others."""
        if _INSIDE in os.environ:
            self.stdout.write(rendered(_measure(options), as_json=options["json"]))
            return
        if options["name"] == "ui":
            require_chromium()
        services = EmbeddedServices.temporary(durable=True)
        with services:
            environment = os.environ | {
                _INSIDE: "1",
                "AIOS_HOME": str(services.home),
                "AIOS_LOG_LEVEL": "ERROR",
                "DATABASE_URL": services.database_url,
                "DATABASE_OWNER_URL": services.owner_url,
                "REDIS_URL": services.redis_url,
            }
            for command in (["migrate", "--verbosity", "0"], sys.argv[1:]):
                done = subprocess.run([sys.executable, sys.argv[0], *command], env=environment, check=False)  # noqa: S603 - itself
                if done.returncode:
                    sys.exit(done.returncode)


def _measure(options: dict[str, Any]) -> dict[str, Any]:
    from aios_site.bench import intake, loop, pipeline, replay, tuner, ui  # noqa: PLC0415 - inside: database

    measures = {
        "intake": intake.measure,
        "loop": loop.measure,
        "pipeline": pipeline.measure,
        "replay": replay.measure,
        "tuner": tuner.measure,
        "ui": ui.measure,
    }
    usual = {"replay": _PAST_ITEMS, "tuner": _SCORED_ITEMS}
    items = options["items"] or usual.get(options["name"], _ITEMS)
    return measures[options["name"]](options | {"items": items})

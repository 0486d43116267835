"""`manage.py health`: whether worker or sweep do their work, as an exit code for whoever watches over containers."""

import json
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from governance.selectors.heartbeats import LATE_AFTER_S, lags

_LOOPS: Final = {"worker": ("canary",), "sweep": ("sweeper", "ticker", "relay", "deliverer")}


class Command(BaseCommand):
    """Exit 0 where every heartbeat is young, else 1."""

    help = "Tells by the age of their heartbeats whether worker or sweep work: exit code 0, else 1 with the reason."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose health is asked for."""
        parser.add_argument("--of", choices=sorted(_LOOPS), required=True)
        parser.add_argument("--json", action="store_true", help="print the lags as JSON")

    def handle(self, **options: Any) -> None:
        """Ask the database."""
        try:
            found = lags()
        except Error as failure:
            raise CommandError(str(failure).strip()) from failure
        wanted = {name: found[name] for name in _LOOPS[options["of"]]}
        if options["json"]:
            self.stdout.write(json.dumps(wanted))
        late = [name for name, lag_s in wanted.items() if lag_s is None or lag_s > LATE_AFTER_S[name]]
        if late:
            raise CommandError(", ".join(f"{name}: {_said(wanted[name])}" for name in late))
        if not options["json"]:
            self.stdout.write(", ".join(f"{name}: {_said(lag_s)}" for name, lag_s in wanted.items()))


def _said(lag_s: float | None) -> str:
    return "not seen yet" if lag_s is None else f"{lag_s:.0f} s ago"

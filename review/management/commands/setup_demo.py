"""`manage.py setup_demo`: the demo workspace, and its logins for scripts."""

import json
import os
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from review.services.demo.workspace import set_up_demo


class Command(BaseCommand):
    """Set the demo workspace up."""

    help = "Makes the demo workspace unless it exists, and writes its logins to demo-logins.json in AIOS_HOME."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="print the logins as JSON")

    def handle(self, **options: Any) -> None:
        """Set up and say so."""
        logins = [asdict(login) for login in set_up_demo()]
        path = Path(settings.AIOS_HOME) / "demo-logins.json"
        if logins:
            _write_private(path, json.dumps(logins, indent=2) + "\n")
        if options["json"]:
            self.stdout.write(json.dumps(logins))
        elif logins:
            self.stdout.write(f"The demo workspace is set up; its logins are in {path}.")
        else:
            self.stdout.write(f"The demo workspace exists; its logins are in {path}.")


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)

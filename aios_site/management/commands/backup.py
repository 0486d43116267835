"""`manage.py backup`: the whole product in one file, while it runs."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aios_site.backup.errors import BackupError
from aios_site.backup.place import place
from aios_site.backup.save import make_backup

_SECRETS = (
    "The file does NOT hold AIOS_SECRET_KEY (AIOS_HOME/secret-key, or your environment). Keep that key in another safe place: "
    "without it the webhook secrets in the backup can't be opened, and everybody has to sign in again."
)


class Command(BaseCommand):
    """Back up."""

    help = "Writes database and stored files into one file; the product may run meanwhile."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to write."""
        parser.add_argument("--to", required=True, type=Path, help="a file to make, or a folder to make one in")
        parser.add_argument(
            "--admin-url", help="own server: a superuser, a role with BYPASSRLS, or aios_owner (default)"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """Back up, and say what is not in the file."""
        quiet = options["json"]
        try:
            result = make_backup(
                where=place(options["admin_url"]),
                to=options["to"],
                tell=(lambda _line: None) if quiet else self.stderr.write,
            )
        except BackupError as error:
            if quiet:
                self.stdout.write(json.dumps({"error": error.code, "detail": str(error)}))
            raise CommandError(str(error)) from error
        if quiet:
            self.stdout.write(json.dumps(result | {"not_included": ["AIOS_SECRET_KEY"]}))
            return
        self.stdout.write(
            f"{result['file']}: {result['bytes'] / 2**20:.1f} MB, {result['rows']:,} rows, {result['files']} files,"
            f" {result['seconds']} s"
        )
        self.stdout.write(self.style.WARNING(_SECRETS))

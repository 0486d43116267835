"""`manage.py restore`: bring back what `manage.py backup` wrote."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aios_site.backup.errors import BackupError
from aios_site.backup.load import restore_backup
from aios_site.backup.place import place

_OTHER_KEY = (
    "AIOS_SECRET_KEY is another one than when the backup was made: webhook secrets can't be opened (rotate them, or set the old "
    "key in AIOS_SECRET_KEY_FALLBACKS), and everybody has to sign in again."
)


class Command(BaseCommand):
    """Restore."""

    help = (
        "Puts a backup in place of an empty database, or with --replace of the present one; the product must not run."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to restore, and where."""
        parser.add_argument("--from", dest="source", required=True, type=Path, help="the backup's file")
        parser.add_argument(
            "--replace", action="store_true", help="where the database holds data; it is kept under another name"
        )
        parser.add_argument("--admin-url", help="own server: a superuser, or a login with CREATEROLE and CREATEDB")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """Restore, and say what was found."""
        quiet = options["json"]
        try:
            result = restore_backup(
                where=place(options["admin_url"], makes_databases=True),
                path=options["source"],
                replace=options["replace"],
                tell=(lambda _line: None) if quiet else self.stderr.write,
            )
        except BackupError as error:
            if quiet:
                self.stdout.write(json.dumps({"error": error.code, "detail": str(error)}))
            raise CommandError(str(error)) from error
        if quiet:
            self.stdout.write(json.dumps(result))
            return
        self.stdout.write(
            f"Restored the backup of {result['created_at']}: {result['rows']:,} rows in {result['tables']} tables,"
            f" {result['files']} files, {result['migrated']} migrations after it, {result['seconds']} s."
        )
        self.stdout.write(
            f"Counts are as they were, audit streams have no gap, {result['events_proven']} events proven."
        )
        if result["replaced"]:
            self.stdout.write(
                f"The former database is kept as {result['replaced']}; drop it when you no longer need it."
            )
        if not result["is_same_key"]:
            self.stdout.write(self.style.WARNING(_OTHER_KEY))

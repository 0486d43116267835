"""`manage.py beat`: announces periodic tasks."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """Announce until TERM."""

    help = "Runs Celery beat. It keeps no file: a task missed while it was down is announced at its next time."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the log level."""
        parser.add_argument("--log-level", default="INFO")

    def handle(self, **options: Any) -> None:
        """Announce, once there is somebody to do it."""
        from aios_site.celery import app  # noqa: PLC0415 - loads every task
        from aios_site.waiting import wait_for_schema  # noqa: PLC0415 - as above

        wait_for_schema()
        app.start(["beat", "--scheduler=celery.beat:Scheduler", "--pidfile=", f"--loglevel={options['log_level']}"])

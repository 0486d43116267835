"""`manage.py worker`: a Celery worker with the options that our tasks are written for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """Work on tasks until TERM."""

    help = "Runs a Celery worker (prefork)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of processes."""
        parser.add_argument("--concurrency", type=int, default=2, help="processes")
        parser.add_argument("--log-level", default="INFO")

    def handle(self, **options: Any) -> None:
        """Work."""
        from aios_site.celery import app  # noqa: PLC0415 - loads every task

        app.worker_main(
            [
                "worker",
                "--pool=prefork",
                f"--concurrency={options['concurrency']}",
                "--prefetch-multiplier=1",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
                f"--loglevel={options['log_level']}",
            ]
        )

"""`manage.py worker`: a Celery worker with the options that our tasks are written for."""

import os
import sys
import time
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser

from governance import stopping

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Work on tasks until TERM."""

    help = "Runs a Celery worker (prefork)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of processes."""
        parser.add_argument("--concurrency", type=int, default=2, help="processes")
        parser.add_argument("--log-level", default="INFO")

    def handle(self, **options: Any) -> None:
        """Work, once there is something to work on."""
        from aios_site.celery import app  # noqa: PLC0415 - loads every task
        from aios_site.waiting import wait_for_schema  # noqa: PLC0415 - as above

        wait_for_schema()
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
        if not stopping.is_requested():
            _begin_again()


def _begin_again() -> None:
    """Replace the process by a new worker: Celery gives up where its broker vanishes while it is just reconnecting."""
    log.error("worker_ended_by_itself")
    time.sleep(1)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself

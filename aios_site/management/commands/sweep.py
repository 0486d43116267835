"""`manage.py sweep`: the loops that make good whatever a message lost."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Sweep until TERM."""

    help = "Runs sweeper, relay and queue-count ticker, each led by one process by advisory lock."
    requires_system_checks = ()

    def handle(self, **_options: Any) -> None:
        """Sweep, once there is something to sweep."""
        from aios_site.sweeper import run_forever  # noqa: PLC0415 - loads the whole product
        from aios_site.waiting import wait_for_schema  # noqa: PLC0415 - as above

        wait_for_schema()
        run_forever()

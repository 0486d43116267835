"""A task sent through the broker to a worker and back into a row: only if both work does its heartbeat stay young."""

import time
from typing import Final

from governance import wakeups
from governance.services.heartbeats import beat

CANARY_TASK: Final = "governance.tasks.canary"
NAME: Final = "canary"
_EVERY_S: Final = 15.0
_next_at = 0.0


def send_canary() -> None:
    """Send the canary, from one process at most every 15 s; where the broker does not answer, its lag will tell."""
    global _next_at  # noqa: PLW0603 - per process: the sweeper leads in one
    if time.monotonic() >= _next_at:
        _next_at = time.monotonic() + _EVERY_S
        wakeups.announce_now(CANARY_TASK)


def note_canary() -> None:
    """Record, on the worker's side, that the canary came through."""
    wakeups.accept(CANARY_TASK)
    beat(NAME)

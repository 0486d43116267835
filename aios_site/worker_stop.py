"""Stopping a worker in seconds, with nothing in its hands.

Celery's warm shutdown waits for its tasks for as long as they take. Here TERM (or Ctrl-C) first asks the tasks to begin no
further batch; what still runs after the grace is interrupted and hands back what it holds. Whoever is killed all the same
is covered by the leases.
"""

import os
import signal
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any

import structlog
from billiard import current_process
from celery import Task
from celery.exceptions import SoftTimeLimitExceeded
from celery.worker import state

from governance import stopping

log = structlog.get_logger(__name__)


class InterruptibleTask(Task):  # type: ignore[misc]
    """A task that a stopping worker interrupts, by what no `except Exception` on the way catches."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run, interruptibly where a worker's child does so."""
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        if current_process().name == "MainProcess":  # a pool of threads: there is nobody to be sent a signal
            return self.run(*args, **kwargs)
        signal.signal(signal.SIGUSR1, _interrupt)
        try:
            return self.run(*args, **kwargs)
        except stopping.Interrupted as interruption:
            raise SoftTimeLimitExceeded from interruption
        finally:
            # What comes too late finds nothing to interrupt.
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def stop_within(grace_s: float) -> None:
    """Let running tasks end by themselves within the grace, then interrupt them; returns at once."""
    if stopping.is_requested():
        return
    stopping.request()
    threading.Thread(target=_interrupt_after, args=(grace_s,), name="worker-stop", daemon=True).start()


def _interrupt_after(grace_s: float) -> None:
    time.sleep(grace_s)
    for request in tuple(state.active_requests):
        if request.worker_pid:
            log.warning("task_interrupted", task=request.name, pid=request.worker_pid)
            with suppress(ProcessLookupError):
                os.kill(request.worker_pid, signal.SIGUSR1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Tell a worker that stops from a task that has run into its soft time limit: Celery uses the same signal."""
    raise stopping.Interrupted if stopping.is_requested() else SoftTimeLimitExceeded

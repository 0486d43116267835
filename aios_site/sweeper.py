"""The sweep process: sweeper and queue-count ticker, each led by whoever holds its advisory lock."""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import structlog
from django.db import Error, close_old_connections, connection

from review.services.sweep import sweep_once
from review.services.ticker import tick

log = structlog.get_logger(__name__)

_SWEEPER_LOCK = 7_160_001
_TICKER_LOCK = 7_160_002
_SWEEP_EVERY_S = 5.0
_TICK_EVERY_S = 1.0
_RETRY_S = 2.0


def run_forever() -> None:
    """Run both loops until the process is asked to stop; returns only then."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    loops = [
        threading.Thread(target=_lead, args=(stopping, _SWEEPER_LOCK, _SWEEP_EVERY_S, sweep_once), name="sweeper"),
        threading.Thread(target=_lead, args=(stopping, _TICKER_LOCK, _TICK_EVERY_S, tick), name="ticker"),
    ]
    for loop in loops:
        loop.start()
    while not stopping.wait(0.5):
        if not all(loop.is_alive() for loop in loops):
            stopping.set()
            message = "a loop of the sweep process ended by itself"
            raise RuntimeError(message)
    for loop in loops:
        loop.join(timeout=10)


def _lead(stopping: threading.Event, lock: int, every_s: float, work: Callable[[], object]) -> None:
    """Do the work at intervals while holding the lock on this thread's own connection; another process may lead instead."""
    is_leader = False
    while not stopping.is_set():
        started = time.monotonic()
        try:
            if not is_leader:
                is_leader = _take(lock)
                if is_leader:
                    log.info("leading", lock=lock)
            if is_leader:
                work()
        except Error as failure:
            # The lock went with the connection: whoever is first takes it.
            is_leader = False
            log.warning("database_unreachable", error=str(failure).strip())
            connection.close()
            stopping.wait(_RETRY_S)
        except Exception:
            log.exception("sweep_failed", lock=lock)
        stopping.wait(max(0.05, every_s - (time.monotonic() - started)))
    close_old_connections()
    connection.close()


def _take(lock: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])

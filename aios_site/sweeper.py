"""The sweep process: sweeper, relay, deliverer and queue-count ticker, each led by whoever holds its advisory lock."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

import structlog
from django.db import Error, connection

from governance import stopping
from governance.services.canary import send_canary
from governance.services.deliver import Deliverer
from governance.services.heartbeats import beat
from governance.services.relay import publish_due
from review.services.delivered import record_delivered
from review.services.sweep import sweep_once
from review.services.ticker import tick

log = structlog.get_logger(__name__)

_BEAT_EVERY_S = 5.0
_RETRY_S = 2.0
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class _Duty:
    """Something that one process at a time does at intervals; `name` is that of its heartbeat."""

    name: str
    lock: int
    every_s: float
    work: Callable[[], object]
    close: Callable[[], object] | None = None
    # Set to begin the next round at once.
    woken: threading.Event = field(default_factory=threading.Event)


def run_forever() -> None:
    """Run all loops until the process is asked to stop; returns only then."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        # Nothing more: a handler that takes a lock may find it taken by the very thread that it interrupts.
        stopping.request()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    duties = _duties()
    loops = [threading.Thread(target=_lead, args=(duty,), name=duty.name) for duty in duties]
    for loop in loops:
        loop.start()
    while not stopping.is_requested():
        if not all(loop.is_alive() for loop in loops):
            stopping.request()
            message = "a loop of the sweep process ended by itself"
            raise RuntimeError(message)
        time.sleep(_LOOK_S)
    for duty in duties:
        duty.woken.set()
    for loop in loops:
        loop.join(timeout=10)


def _duties() -> list[_Duty]:
    sender = Deliverer(on_delivered=record_delivered)
    deliverer = _Duty("deliverer", 7_160_004, 0.2, sender.round, sender.close)

    def relay() -> None:
        if publish_due():
            deliverer.woken.set()

    return [
        _Duty("sweeper", 7_160_001, 1.0, _sweep),
        _Duty("ticker", 7_160_002, 1.0, tick),
        _Duty("relay", 7_160_003, 0.2, relay),
        deliverer,
    ]


def _sweep() -> None:
    sweep_once()
    send_canary()


def _lead(duty: _Duty) -> None:
    """Do the work at intervals while holding the lock on this thread's own connection; another process may lead instead."""
    is_leader = False
    next_beat = 0.0
    while not stopping.is_requested():
        started = time.monotonic()
        duty.woken.clear()
        try:
            if not is_leader:
                is_leader = _take(duty.lock)
                if is_leader:
                    log.info("leading", duty=duty.name)
            if is_leader:
                duty.work()
                if time.monotonic() >= next_beat:
                    beat(duty.name)
                    next_beat = time.monotonic() + _BEAT_EVERY_S
        except Error as failure:
            # The lock went with the connection: whoever is first takes it.
            is_leader = False
            log.warning("database_unreachable", error=str(failure).strip())
            connection.close()
            _pause(duty, _RETRY_S)
        except Exception:
            log.exception("sweep_failed", duty=duty.name)
        _pause(duty, max(0.05, duty.every_s - (time.monotonic() - started)))
    _end(duty)


def _pause(duty: _Duty, seconds: float) -> None:
    """Wait, but not for a process that has been asked to stop in the meantime."""
    if not stopping.is_requested():
        duty.woken.wait(seconds)


def _end(duty: _Duty) -> None:
    try:
        if duty.close is not None:
            duty.close()
    except Error as failure:
        log.warning("database_unreachable", error=str(failure).strip())
    connection.close()


def _take(lock: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])

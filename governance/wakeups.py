"""Waking workers: a hint sent by name after commit. The rows are the truth, so a lost hint costs latency only."""

import time
from typing import Any

import structlog
from celery import current_app
from django.core.cache import cache
from django.db import transaction

log = structlog.get_logger(__name__)

_QUIET_AFTER_FAILURE_S = 5
_COALESCE_S = 2
_broker_silent_until = 0.0


def announce(task: str, **arguments: Any) -> None:
    """Wake whoever runs the task, once this transaction has committed; repeated hints within two seconds are one."""
    transaction.on_commit(lambda: announce_now(task, **arguments), robust=True)


def announce_now(task: str, **arguments: Any) -> None:
    """Send the hint at once; a broker that does not answer is logged and left alone for a few seconds."""
    global _broker_silent_until  # noqa: PLW0603 - per process, a guess at most a few seconds old
    if time.monotonic() < _broker_silent_until:
        return
    try:
        if not cache.add(pending_key(task, **arguments), 1, timeout=_COALESCE_S):
            return
        correlation = structlog.contextvars.get_contextvars().get("correlation_id")
        current_app.send_task(
            task,
            kwargs=arguments,
            headers={"correlation": str(correlation)} if correlation else None,
            ignore_result=True,
        )
    except Exception as failure:
        _broker_silent_until = time.monotonic() + _QUIET_AFTER_FAILURE_S
        log.warning("broker_unreachable", task=task, error=str(failure))


def accept(task: str, **arguments: Any) -> None:
    """Say that the hint has arrived, before looking for work: a later hint is then sent again."""
    try:
        cache.delete(pending_key(task, **arguments))
    except Exception as failure:
        log.warning("broker_unreachable", task=task, error=str(failure))


def pending_key(task: str, **arguments: Any) -> str:
    """Return the key under which a hint on its way is known."""
    return ":".join(["wake", task, *(f"{name}={arguments[name]}" for name in sorted(arguments))])

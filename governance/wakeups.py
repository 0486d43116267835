"""Waking workers: a hint sent by name after commit. The rows are the truth, so a lost hint costs latency only."""

from typing import Any

import structlog
from celery import current_app
from django.core.cache import cache
from django.db import transaction

from governance.valkey import circuit

_COALESCE_S = 2


def announce(task: str, **arguments: Any) -> None:
    """Wake whoever runs the task, once this transaction has committed; repeated hints within two seconds are one."""
    transaction.on_commit(lambda: announce_now(task, **arguments), robust=True)


def announce_now(task: str, **arguments: Any) -> None:
    """Send the hint at once; a broker that does not answer is left alone for a few seconds."""
    if not circuit.may_try():
        return
    try:
        if cache.add(pending_key(task, **arguments), 1, timeout=_COALESCE_S):
            correlation = structlog.contextvars.get_contextvars().get("correlation_id")
            current_app.send_task(
                task,
                kwargs=arguments,
                headers={"correlation": str(correlation)} if correlation else None,
                ignore_result=True,
            )
    except Exception as failure:
        circuit.failed(failure)
    else:
        circuit.worked()


def accept(task: str, **arguments: Any) -> None:
    """Say that the hint has arrived, before looking for work: a later hint is then sent again."""
    if not circuit.may_try():
        return
    try:
        cache.delete(pending_key(task, **arguments))
    except Exception as failure:
        circuit.failed(failure)
    else:
        circuit.worked()


def pending_key(task: str, **arguments: Any) -> str:
    """Return the key under which a hint on its way is known."""
    return ":".join(["wake", task, *(f"{name}={arguments[name]}" for name in sorted(arguments))])

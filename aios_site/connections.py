"""Database connections that stay open between requests, and what to do when the server has closed one."""

import select

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


def drop_dead_connections() -> None:
    """Close this thread's connections that the server has given up, so that the next statement opens new ones.

    An idle connection with something to read has been ended by the server: asking the socket costs no statement.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block and _is_suspicious(connection) and not connection.is_usable():
            connection.close()


def _is_suspicious(connection: BaseDatabaseWrapper) -> bool:
    raw = connection.connection
    if raw is None:
        return False
    if raw.closed:
        return True
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    return bool(poll.poll(0))

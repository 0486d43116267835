"""Work on many things at once in which one may stand in the way of all: halved until that one is alone."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import Error, InterfaceError, OperationalError

_T = TypeVar("_T")

# SQLSTATE classes of what no item is to blame for: connections, read-only servers, deadlocks, resources, intervention, disks.
_OUTAGES = ("08", "25006", "40", "53", "57", "58")
_CANCELED = "57014"  # a statement that took too long; half of it may not


def in_halves(things: Sequence[_T], carry_out: Callable[[Sequence[_T]], object]) -> list[tuple[_T, Exception]]:
    """Carry out all, each call in a transaction of its own; return what can't be carried out, each with its error.

    Where the database itself is away, or the process is to stop, that is raised.
    """
    refused: list[tuple[_T, Exception]] = []
    waiting = [things]
    while waiting:
        part = waiting.pop()
        try:
            carry_out(part)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            middle = len(part) // 2
            if middle:
                waiting += [part[middle:], part[:middle]]
            else:
                refused.append((part[0], error))
    return refused


def is_outage(error: BaseException) -> bool:
    """Tell whether the database, and not what was asked of it, is the reason."""
    if not isinstance(error, Error):
        return False
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    if sqlstate is None:
        return isinstance(error, OperationalError | InterfaceError)
    return sqlstate != _CANCELED and str(sqlstate).startswith(_OUTAGES)

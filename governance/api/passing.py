"""States that pass by themselves or with an operator's help: what the caller is told, by what the server said."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from django.db import Error, InterfaceError, OperationalError
from django.utils.translation import gettext_noop as _
from redis.exceptions import ConnectionError as RedisUnreachableError
from redis.exceptions import TimeoutError as RedisTimeoutError


@dataclass(frozen=True, slots=True)
class Passing:
    """A state in which this request can't be carried out and the same request later can."""

    code: str
    detail: str
    status: int = HTTPStatus.SERVICE_UNAVAILABLE
    retry_after_s: int = 2


# Whether a lost connection had committed nobody knows: the calls are made so that sending them again is safe.
_AWAY: Final = Passing("unavailable", _("The database does not answer. Send the same request again."))
_NO_CACHE: Final = Passing("unavailable", _("Valkey does not answer, and this can't be done without. Try again."))
_FULL: Final = Passing(
    "storage_full",
    _("The database's disk is full; nothing was changed. Reading goes on; writing does once there is room."),
    status=HTTPStatus.INSUFFICIENT_STORAGE,
    retry_after_s=30,
)
_READ_ONLY: Final = Passing(
    "read_only", _("The database takes no writes for the moment; nothing was changed. Try again."), retry_after_s=5
)
_CROWDED: Final = Passing(
    "too_many_connections", _("The database takes no more connections for the moment. Try again.")
)
_BUSY: Final = Passing(
    "busy",
    _("Others were changing the same things; nothing was changed. Send the same request again."),
    retry_after_s=1,
)
_BY_SQLSTATE: Final = {
    "53100": _FULL,
    "25006": _READ_ONLY,
    "53300": _CROWDED,
    "40001": _BUSY,
    "40P01": _BUSY,
    "55P03": _BUSY,
}


def passing_state(error: BaseException | None) -> Passing | None:
    """Return the state that an error tells of; none for any other error."""
    if isinstance(error, Error):
        cause = error.__cause__
        known = _BY_SQLSTATE.get(getattr(cause, "sqlstate", None) or "")
        if known is not None:
            return known
        if isinstance(error, OperationalError | InterfaceError):
            return _CROWDED if _found_no_slot(error) else _AWAY
    if isinstance(error, RedisUnreachableError | RedisTimeoutError):
        return _NO_CACHE
    return None


def _found_no_slot(error: Error) -> bool:
    """Tell a refused connection by its words: before it exists the server's code is not passed on."""
    words = str(error)
    return "too many clients" in words or "connection slots" in words or "too many connections" in words

"""Valkey as requests see it: a server that may be away, which must cost nobody a wait."""

import threading
import time
from functools import cache
from typing import Final

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

_QUIET_S: Final = 5.0
_TIMEOUT_S: Final = 0.5


class Circuit:
    """After a failure nobody asks for a few seconds; then one caller tries again, for all of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_broken = False
        self._quiet_until = 0.0

    def may_try(self) -> bool:
        """Tell whether to ask the server now."""
        if not self._is_broken:
            return True
        with self._lock:
            if time.monotonic() < self._quiet_until:
                return False
            self._quiet_until = time.monotonic() + _QUIET_S
            return True

    def failed(self, failure: Exception) -> None:
        """Note that the server did not answer; logged once for as long as it is away."""
        with self._lock:
            was_broken, self._is_broken = self._is_broken, True
            self._quiet_until = time.monotonic() + _QUIET_S
        if not was_broken:
            log.warning("broker_unreachable", error=str(failure))

    def worked(self) -> None:
        """Note that the server answered."""
        if self._is_broken:
            self._is_broken = False
            log.info("broker_answers_again")


circuit = Circuit()


@cache
def client() -> redis.Redis:
    """Return this process's client: short time-outs, and one new attempt for a connection that has gone stale."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
        retry=Retry(NoBackoff(), 1),
    )

"""Starting in any order: a process that comes up before the database, or before its migrations, waits for them.

New code on an old schema would fail in the middle of its work, so worker, beat and sweep begin none of it, and web answers
503 to everything but its health checks.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse

from governance.api.passing import Passing
from governance.api.problems import is_api, unavailable, unavailable_page
from governance.selectors.readiness import is_schema_complete

log = structlog.get_logger(__name__)

# Set by `manage.py web` for itself and the processes that it starts.
VARIABLE: Final = "AIOS_WEB_WAITS"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 3.0
_STARTING: Final = Passing("unavailable", "The product is starting: its database is not ready yet. Try again.")
_ALWAYS_ANSWERED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
# Whether the schema is there, and whether anybody has looked yet.
_ready, _asked = threading.Event(), threading.Event()
_ready.set()


def wait_for_schema() -> None:
    """Return once the database answers and has every migration that this code knows; say once what is missing."""
    pause_s, said = _FIRST_PAUSE_S, ""
    while missing := _missing():
        if missing != said:
            log.warning("waiting", missing=missing)
            said = missing
        time.sleep(pause_s)
        pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)
    if said:
        log.info("waited_enough")


class WaitingMiddleware:
    """Answers 503 while a process of `manage.py web` waits for its database or its migrations."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        if os.environ.get(VARIABLE) == "1":
            _ready.clear()
            _asked.clear()
            threading.Thread(target=_open_when_ready, name="waiting", daemon=True).start()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        if _ready.is_set() or request.path in _ALWAYS_ANSWERED:
            return self.get_response(request)
        _asked.wait()
        if _ready.is_set():
            return self.get_response(request)
        if is_api(request):
            return unavailable(_STARTING)
        return unavailable_page(request)


def _open_when_ready() -> None:
    if not _missing():
        _ready.set()
    _asked.set()
    wait_for_schema()
    _ready.set()


def _missing() -> str:
    """Return what is still missing, or nothing; leaves no connection behind."""
    try:
        return "" if is_schema_complete() else "migrations"
    except Error as failure:
        return f"database ({str(failure).strip().splitlines()[0]})"
    finally:
        connection.close()

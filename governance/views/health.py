"""Whether the process serves, and whether everything it needs is there."""

from http import HTTPStatus

import structlog
from django.core.cache import cache
from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = structlog.get_logger(__name__)

_OK, _DOWN, _MISSING = "ok", "down", "missing"
# Migrations only ever get more: once they have been seen complete, they stay so for this process.
_seen_complete = False


@never_cache
@require_safe
@transaction.non_atomic_requests
def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that the process serves; asks nothing of anybody."""
    return JsonResponse({"status": _OK})


@never_cache
@require_safe
@transaction.non_atomic_requests
def readyz(_request: HttpRequest) -> HttpResponse:
    """Say whether requests can be answered: 503 without database or migrations; without the broker only slower."""
    database = _database()
    migrations = _migrations() if database == _OK else "unknown"
    broker = _broker()
    is_ready = database == migrations == _OK
    status = _OK if is_ready and broker == _OK else "degraded" if is_ready else "unavailable"
    return JsonResponse(
        {"status": status, "database": database, "migrations": migrations, "broker": broker},
        status=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as failure:
        log.warning("database_unreachable", error=str(failure).strip())
        connection.close()
        return _DOWN
    return _OK


def _migrations() -> str:
    global _seen_complete  # noqa: PLW0603 - per process, see above
    if not _seen_complete:
        executor = MigrationExecutor(connection)
        _seen_complete = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _OK if _seen_complete else _MISSING


def _broker() -> str:
    try:
        cache.get("readyz")
    except Exception as failure:  # whatever the broker's client raises
        log.warning("broker_unreachable", error=str(failure))
        return _DOWN
    return _OK

"""Whether everything is there that the product needs, part by part, and how far behind the loops are."""

from dataclasses import dataclass
from typing import Final

import structlog
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, Error, connection
from django.db.migrations.executor import MigrationExecutor

from governance.selectors.heartbeats import LATE_AFTER_S, OUTBOX_LATE_AFTER_S, lags, outbox_lag
from governance.statements import fetch

log = structlog.get_logger(__name__)

OK: Final = "ok"
READ_ONLY: Final = "read_only"
NEVER: Final = "never"
# Without these nothing can be answered; what else fails makes the product slower or read-only.
_NEEDED: Final = ("database", "migrations")
_DATABASE_SQL: Final = "SELECT current_setting('transaction_read_only') = 'on' AS is_read_only"
# Migrations only ever get more: once they have been seen complete, they stay so for this process.
_seen_complete = False


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that the product needs: `ok`, or what is wrong with it, and its lag where it has one."""

    name: str
    status: str
    lag_s: float | None = None
    late_after_s: float | None = None

    @property
    def is_needed(self) -> bool:
        """Tell whether requests can't be answered while this part is wrong."""
        return self.name in _NEEDED and self.status != READ_ONLY


def parts() -> list[Part]:
    """Return every part's present state; never raises for what is away."""
    database = _database()
    can_ask = database in (OK, READ_ONLY)
    migrations = _migrations() if can_ask else "unknown"
    return [
        Part("database", database),
        Part("migrations", migrations),
        Part("broker", OK if is_broker_up() else "down"),
        *(_loops() if migrations == OK else []),
    ]


def is_schema_complete() -> bool:
    """Tell whether the database has every migration that this code knows; raises where the database is away."""
    global _seen_complete  # noqa: PLW0603 - per process, see above
    if not _seen_complete:
        executor = MigrationExecutor(connection)
        _seen_complete = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _seen_complete


def is_broker_up() -> bool:
    """Tell whether Valkey answers."""
    try:
        cache.get("readyz")
    except Exception as failure:  # whatever the broker's client raises
        log.warning("broker_unreachable", error=str(failure))
        return False
    return True


def _database() -> str:
    try:
        return READ_ONLY if fetch(_DATABASE_SQL, {})[0]["is_read_only"] else OK
    except Error as failure:
        log.warning("database_unreachable", error=str(failure).strip(), database=DEFAULT_DB_ALIAS)
        connection.close()
        return "down"


def _migrations() -> str:
    try:
        return OK if is_schema_complete() else "missing"
    except Error:
        connection.close()
        return "unknown"


def _loops() -> list[Part]:
    try:
        found = [_part(name, lag_s, LATE_AFTER_S[name]) for name, lag_s in lags().items() if name in LATE_AFTER_S]
        return [*found, _part("outbox", outbox_lag(), OUTBOX_LATE_AFTER_S)]
    except Error as failure:
        log.warning("database_unreachable", error=str(failure).strip(), database=DEFAULT_DB_ALIAS)
        connection.close()
        return []


def _part(name: str, lag_s: float | None, late_after_s: float) -> Part:
    if lag_s is None:
        return Part(name, NEVER, None, late_after_s)
    return Part(name, "late" if lag_s > late_after_s else OK, round(lag_s, 1), late_after_s)

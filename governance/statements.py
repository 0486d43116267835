"""Hot SQL: prepared once a connection, run with parameters, seen by Django's query capture like any other."""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper


class _PreparedCursor(psycopg.Cursor[Any]):
    """Binds parameters on the server and lets it keep the plan."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "_PreparedCursor":
        """Run a statement, prepared."""
        return super().execute(query, params, **({"prepare": True} | options))


def fetch(sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run a statement and return its rows by column name."""
    with _cursor() as cursor:
        cursor.execute(sql, dict(params))
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def fetch_one(sql: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """Run a statement and return its only row, or none."""
    rows = fetch(sql, params)
    return rows[0] if rows else None


def _cursor() -> CursorWrapper:
    connection.ensure_connection()
    raw: Any = _PreparedCursor(connection.connection)
    wrapper = CursorDebugWrapper if connection.queries_logged else CursorWrapper
    return wrapper(raw, connection)

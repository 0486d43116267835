"""Hot SQL: prepared once a connection, run with parameters, seen by Django's query capture like any other."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg.rows import DictRow, dict_row

_NAMED = re.compile(r"%\((\w+)\)s")


class _PreparedCursor(psycopg.RawCursor[DictRow]):
    """Takes `$1`-style parameters, binds them on the server and lets it keep the plan."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> "_PreparedCursor":
        """Run a statement, prepared."""
        return super().execute(query, params, **({"prepare": True} | options))


def fetch(sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run a statement with `%(name)s` parameters and return its rows by column name."""
    numbered, names = _numbered(sql)
    connection.ensure_connection()
    raw: Any = _PreparedCursor(connection.connection, row_factory=dict_row)
    wrapper = CursorDebugWrapper if connection.queries_logged else CursorWrapper
    with wrapper(raw, connection) as cursor:
        cursor.execute(numbered, [params[name] for name in names])
        return raw.fetchall() if raw.pgresult is not None and raw.pgresult.nfields else []


def fetch_one(sql: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """Run a statement and return its only row, or none."""
    rows = fetch(sql, params)
    return rows[0] if rows else None


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[str, list[str]]:
    """Return the statement with numbered parameters, and their names in order; done once a statement."""
    names = list(dict.fromkeys(_NAMED.findall(sql)))
    places = {name: f"${number}" for number, name in enumerate(names, start=1)}
    return _NAMED.sub(lambda found: places[found[1]], sql), names

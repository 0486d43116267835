"""Hot SQL: prepared once a connection, run with parameters, seen by Django's query capture like any other."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

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
    """Run a statement with `%(name)s` parameters and return its rows by column name.

    A list is sent as an array; the statement says of what, as in `%(ids)s::uuid[]`.
    """
    numbered, names = _numbered(sql)
    connection.ensure_connection()
    raw: Any = _PreparedCursor(connection.connection, row_factory=dict_row)
    wrapper = CursorDebugWrapper if connection.queries_logged else CursorWrapper
    with wrapper(raw, connection) as cursor:
        cursor.execute(numbered, [_sent(params[name]) for name in names])
        return raw.fetchall() if raw.pgresult is not None and raw.pgresult.nfields else []


def fetch_one(sql: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """Run a statement and return its only row, or none."""
    rows = fetch(sql, params)
    return rows[0] if rows else None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_ELEMENTS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _none: "NULL",
    bool: lambda value: "t" if value else "f",
    int: int.__repr__,
    float: float.__repr__,
    UUID: attrgetter("hex"),
    datetime: lambda at: f'"{at.isoformat()}"',
    bytes: lambda content: f'"\\\\x{content.hex()}"',
    str: _quoted,
}


def _sent(value: Any) -> Any:
    """Return the parameter as it is sent: a list as the text of an array, which is many times faster than psycopg's own.

    A batch of the pipeline has ten thousand elements; written by psycopg they cost more than the model's answer.
    """
    if not isinstance(value, list):
        return value
    kinds = set(map(type, value))
    if kinds == {str}:
        return f"{{{_texts(value)}}}"
    if len(kinds) == 1:
        return f"{{{','.join(map(_ELEMENTS.get(kinds.pop(), _other), value))}}}"
    return f"{{{','.join([_ELEMENTS.get(type(one), _other)(one) for one in value])}}}"


def _texts(texts: list[str]) -> str:
    """Write texts; where none has to be escaped, all at once."""
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != 2 * (len(texts) - 1):
        return ",".join(map(_quoted, texts))
    return f'"{joined}"'


def _other(value: Any) -> str:
    """Write an element of a subclass, as members of enumerations are."""
    for kind, write in _ELEMENTS.items():
        if isinstance(value, kind):
            return write(value)
    message = f"{type(value).__name__} is no element of an array"
    raise TypeError(message)


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[str, list[str]]:
    """Return the statement with numbered parameters, and their names in order; done once a statement."""
    names = list(dict.fromkeys(_NAMED.findall(sql)))
    places = {name: f"${number}" for number, name in enumerate(names, start=1)}
    return _NAMED.sub(lambda found: places[found[1]], sql), names

"""Datasets as files, written while they are read: memory holds a page or a row group, never the set."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from review.selectors.dataset_rows import COLUMNS
from review.services.tables import CSV_TYPE, csv_of, written

Page = list[dict[str, Any]]
Writer = Callable[[Iterator[Page]], Iterator[bytes]]

_GROUP_ROWS = 10_000
_GROUP_CHARACTERS = 16 << 20
_JSON_COLUMNS = ("fields", "payload")
_PLAIN_COLUMNS = COLUMNS[: -len(_JSON_COLUMNS)]

_text, _time = pa.string(), pa.timestamp("us", tz="UTC")
_PARQUET_TYPES: dict[str, pa.DataType] = {
    "occurred_at": _time,
    "predicted_confidence": pa.float64(),
    "policy_version": pa.int32(),
    "suggestion_shown": pa.bool_(),
    "inclusion_probability": pa.float64(),
    "wrong": pa.bool_(),
    "amended": pa.bool_(),
    "active_ms": pa.int64(),
    "decided_at": _time,
    "recorded_at": _time,
}
_SCHEMA = pa.schema([(name, _PARQUET_TYPES.get(name, _text)) for name in COLUMNS])


class _Outlet(io.RawIOBase):
    """A file that is only ever written to, and gives away what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._given = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def tell(self) -> int:
        return self._given + len(self._held)

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._given += len(taken)
        self._held.clear()
        return taken


def write_jsonl(pages: Iterator[Page]) -> Iterator[bytes]:
    """Yield one JSON object a line, everything as it is."""
    for page in pages:
        yield "".join(map(_line, page)).encode()


def _line(row: dict[str, Any]) -> str:
    """Return a row as JSON; what is JSON already is put in as it is stored."""
    plain = json.dumps({name: row[name] for name in _PLAIN_COLUMNS}, default=written, ensure_ascii=False)
    return f'{plain[:-1]}, "fields": {row["fields"] or "null"}, "payload": {row["payload"] or "null"}}}\n'


def write_csv(pages: Iterator[Page]) -> Iterator[bytes]:
    """Return a table for spreadsheets: JSON values as text, and no cell that one would run."""
    return csv_of(COLUMNS, pages)


def write_parquet(pages: Iterator[Page]) -> Iterator[bytes]:
    """Yield a Parquet file, row group by row group; JSON values and ids are text."""
    outlet = _Outlet()
    with parquet.ParquetWriter(pa.PythonFile(outlet, mode="w"), _SCHEMA) as writer:
        for group in _groups(pages):
            writer.write_table(pa.Table.from_pydict(group, schema=_SCHEMA))
            yield outlet.take()
    yield outlet.take()


def _groups(pages: Iterator[Page]) -> Iterator[dict[str, list[Any]]]:
    """Join pages into groups of a size at which Parquet compresses well."""
    group: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    characters = 0
    for page in pages:
        for row in page:
            for name in COLUMNS:
                group[name].append(_parquet_value(row[name], name))
            characters += len(group["payload"][-1] or "")
        if len(group["item_id"]) >= _GROUP_ROWS or characters >= _GROUP_CHARACTERS:
            yield group
            group = {name: [] for name in COLUMNS}
            characters = 0
    if group["item_id"]:
        yield group


def _parquet_value(value: Any, name: str) -> Any:
    return value if value is None or name in _PARQUET_TYPES else str(value)


WRITERS: dict[str, Writer] = {"jsonl": write_jsonl, "csv": write_csv, "parquet": write_parquet}
MEDIA_TYPES = {
    "jsonl": "application/x-ndjson",
    "csv": CSV_TYPE,
    "parquet": "application/vnd.apache.parquet",
}

"""Tables for spreadsheets, written while they are read: memory holds a page, never the whole."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

CSV_TYPE = "text/csv; charset=utf-8"
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_of(columns: Sequence[str], pages: Iterable[Iterable[Mapping[str, Any]]]) -> Iterator[bytes]:
    """Yield a heading and the rows of each page, with no cell that a spreadsheet would run."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for page in pages:
        writer.writerows([_cell(row[name]) for name in columns] for row in page)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


def written(value: Any) -> str:
    """Return a value as a machine reads it."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
        case _:
            return written(value)

"""Past items as columns: what a policy may look at, one entry an item, so that a million are routed in one pass.

Texts are written once, in tuples, and the columns hold their places in these.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

FloatColumn = NDArray[np.float64]
CodeColumn = NDArray[np.int32]
BoolColumn = NDArray[np.bool_]
ByteColumn = NDArray[np.uint8]

T = TypeVar("T")

# How dispositions are written in a column, by the order of their codes.
DISPOSITIONS = ("auto_accept", "review", "escalate")
AUTO_ACCEPT, REVIEW, ESCALATE = range(3)
NO_LABEL = -1

# Which of the fields that the policy asked for were missing. None: it asked for none, or nobody wrote it down.
MissingSet = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Scored:
    """One item as it was routed; `label` is None where the model failed, `missing` as in MissingSet."""

    id: int
    at: float
    label: str | None = None
    confidence: float | None = None
    value: float | None = None
    segment: str = ""
    flags: tuple[str, ...] = ()
    missing: MissingSet = None
    disposition: str = "review"


@dataclass(frozen=True, slots=True)
class Columns:
    """Items as arrays of one length n; treat them as read-only.

    `ids` are ids of routing decisions, `at` seconds since 1970 (UTC). `confidence` is NaN where there is none, `value` NaN where there is
    none and infinite where it is no number. `label` is a place in `labels` or NO_LABEL (none, or the model failed); `segment`, `flags` and
    `missing` are places in `segments`, `flag_sets` and `missing_sets`. `disposition` is where the item went at the time.
    """

    ids: NDArray[np.int64]
    at: FloatColumn
    confidence: FloatColumn
    value: FloatColumn
    label: CodeColumn
    segment: CodeColumn
    flags: CodeColumn
    missing: CodeColumn
    disposition: ByteColumn
    labels: tuple[str, ...] = ()
    segments: tuple[str, ...] = ("",)
    flag_sets: tuple[tuple[str, ...], ...] = ((),)
    missing_sets: tuple[MissingSet, ...] = (None,)

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.ids)

    def take(self, which: Any) -> "Columns":
        """Return the items at these places, or those for which a mask is true; the tuples stay as they are."""
        arrays = {name: column[which] for name, column in self._arrays().items()}
        return replace(self, **arrays)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        values = ((part.name, getattr(self, part.name)) for part in fields(self))
        return {name: value for name, value in values if isinstance(value, np.ndarray)}


class Codes(Generic[T]):
    """Hands out places in a growing tuple to values that can be hashed; equal ones get one place."""

    def __init__(self, first: Iterable[T] = ()) -> None:
        self._values: list[T] = []
        self._places: dict[T, int] = {}
        for value in first:
            self.place(value)

    def place(self, value: T) -> int:
        """Return the place of the value, a new one where it has none yet."""
        place = self._places.setdefault(value, len(self._values))
        if place == len(self._values):
            self._values.append(value)
        return place

    @property
    def values(self) -> tuple[T, ...]:
        """Return the values by their places."""
        return tuple(self._values)


def columns_of(items: Sequence[Scored]) -> Columns:
    """Return few items as columns; many are read from the database as such."""
    labels: Codes[str] = Codes()
    segments: Codes[str] = Codes([""])
    flag_sets: Codes[tuple[str, ...]] = Codes([()])
    missing_sets: Codes[MissingSet] = Codes([None])
    return Columns(
        ids=np.array([item.id for item in items], dtype=np.int64),
        at=np.array([item.at for item in items], dtype=np.float64),
        confidence=_numbers([item.confidence for item in items]),
        value=_numbers([_comparable(item.value) for item in items]),
        label=_codes([NO_LABEL if _has_failed(item) else labels.place(item.label or "") for item in items]),
        segment=_codes([segments.place(item.segment) for item in items]),
        flags=_codes([flag_sets.place(item.flags) for item in items]),
        missing=_codes([missing_sets.place(item.missing) for item in items]),
        disposition=np.array([DISPOSITIONS.index(item.disposition) for item in items], dtype=np.uint8),
        labels=labels.values,
        segments=segments.values,
        flag_sets=flag_sets.values,
        missing_sets=missing_sets.values,
    )


def joined(parts: Sequence[Columns]) -> Columns:
    """Return the items of all parts in their order, under tuples that serve them all."""
    if not parts:
        return columns_of([])
    labels: Codes[str] = Codes()
    segments: Codes[str] = Codes()
    flag_sets: Codes[tuple[str, ...]] = Codes()
    missing_sets: Codes[MissingSet] = Codes()
    label, segment, flags, missing = [], [], [], []
    for part in parts:
        # A place of -1 is the last entry of a table, which says -1 again.
        label.append(_codes([*(labels.place(text) for text in part.labels), NO_LABEL])[part.label])
        segment.append(_codes([segments.place(text) for text in part.segments])[part.segment])
        flags.append(_codes([flag_sets.place(names) for names in part.flag_sets])[part.flags])
        missing.append(_codes([missing_sets.place(known) for known in part.missing_sets])[part.missing])
    return Columns(
        ids=np.concatenate([part.ids for part in parts]),
        at=np.concatenate([part.at for part in parts]),
        confidence=np.concatenate([part.confidence for part in parts]),
        value=np.concatenate([part.value for part in parts]),
        label=np.concatenate(label),
        segment=np.concatenate(segment),
        flags=np.concatenate(flags),
        missing=np.concatenate(missing),
        disposition=np.concatenate([part.disposition for part in parts]),
        labels=labels.values,
        segments=segments.values,
        flag_sets=flag_sets.values,
        missing_sets=missing_sets.values,
    )


def _has_failed(item: Scored) -> bool:
    """Tell whether there is no usable label; a confidence that is no number spoils it."""
    return item.label is None or (item.confidence is not None and np.isnan(item.confidence))


def _numbers(values: Sequence[float | None]) -> FloatColumn:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _comparable(value: float | None) -> float | None:
    """Return a value that is no number as one above every limit, which is how a policy takes it."""
    return np.inf if value is not None and np.isnan(value) else value


def _codes(places: Sequence[int]) -> CodeColumn:
    return np.array(places, dtype=np.int32)

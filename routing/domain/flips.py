"""Items that a draft sends another way, as columns that fit into one row of the database."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.domain.columns import BoolColumn, ByteColumn, CodeColumn

MOST_KEPT = 1_000_000
_MARK = b"flips1"
_FAST = 1
_WAYS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Flips:
    """Items in the order in which they were read, one entry each.

    `ids` are routing decisions; `way` says from where and to where (`way_of`); `label` and `segment` are places in the tuples of the
    replay, -1 for no label; `answer` says what people said, by the names in `routing.domain.comparison`.
    """

    ids: NDArray[np.int64]
    way: ByteColumn
    label: CodeColumn
    segment: CodeColumn
    answer: ByteColumn

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.ids)

    def take(self, which: BoolColumn | slice) -> "Flips":
        """Return some of them."""
        return Flips(self.ids[which], self.way[which], self.label[which], self.segment[which], self.answer[which])

    @property
    def came_from(self) -> ByteColumn:
        """Where each item went before."""
        return (self.way // _WAYS).astype(np.uint8)

    @property
    def goes_to(self) -> ByteColumn:
        """Where the draft sends each item."""
        return (self.way % _WAYS).astype(np.uint8)


def way_of(before: ByteColumn, after: ByteColumn) -> ByteColumn:
    """Return both dispositions (places in DISPOSITIONS, n bytes each) as one number: 3 times the one before, plus the one after."""
    return (before * _WAYS + after).astype(np.uint8)


def joined_flips(parts: Sequence[Flips]) -> Flips:
    """Return the items of all parts in their order."""
    return Flips(
        np.concatenate([np.zeros(0, dtype=np.int64), *(part.ids for part in parts)]),
        np.concatenate([np.zeros(0, dtype=np.uint8), *(part.way for part in parts)]),
        np.concatenate([np.zeros(0, dtype=np.int32), *(part.label for part in parts)]),
        np.concatenate([np.zeros(0, dtype=np.int32), *(part.segment for part in parts)]),
        np.concatenate([np.zeros(0, dtype=np.uint8), *(part.answer for part in parts)]),
    )


def pack(flips: Flips) -> bytes:
    """Return the first million as bytes: the columns one after another, ids as differences, little-endian, deflated."""
    kept = flips.take(slice(0, MOST_KEPT))
    columns = (
        np.diff(kept.ids, prepend=np.int64(0)).astype("<i8"),
        kept.way,
        kept.label.astype("<i4"),
        kept.segment.astype("<i4"),
        kept.answer,
    )
    size = len(kept).to_bytes(4, "little")
    return _MARK + size + zlib.compress(b"".join(column.tobytes() for column in columns), _FAST)


def unpack(packed: bytes) -> Flips:
    """Return what was packed; nothing from nothing. ValueError: bytes that `pack` has not made."""
    if not packed:
        return joined_flips([])
    if packed[: len(_MARK)] != _MARK:
        raise ValueError("These bytes are no flips.")
    size = int.from_bytes(packed[len(_MARK) : len(_MARK) + 4], "little")
    raw = zlib.decompress(packed[len(_MARK) + 4 :])
    columns, at = [], 0
    for kind in ("<i8", "u1", "<i4", "<i4", "u1"):
        columns.append(np.frombuffer(raw, dtype=kind, count=size, offset=at))
        at += columns[-1].nbytes
    ids, way, label, segment, answer = columns
    return Flips(
        np.cumsum(ids).astype(np.int64), way, label.astype(np.int32), segment.astype(np.int32), answer.astype(np.uint8)
    )

"""What people said of items, all of a period at once: by a hash of the item, so that pages of items find theirs without a join."""

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from routing.domain.columns import ByteColumn
from routing.domain.places import HashColumn
from routing.selectors.array_copy import copied_arrays, moment
from routing.selectors.page_scope import page_scope

_PAGE_ANSWERS = 100_000

# An item is answered after it has come; but clocks differ, and senders say themselves when theirs came.
_EARLIER = timedelta(days=2)

# Numbered as in routing.domain.comparison: the machine was right, was wrong, nobody will ever know, it is disputed.
_PAGE_SQL = """
SELECT array_send(array_agg(item_id)), array_send(array_agg(occurred_at)),
       array_send(array_agg(
           CASE WHEN wrong THEN 2 WHEN NOT wrong THEN 1 WHEN closed_at IS NOT NULL THEN 5 ELSE 3 END::int2))
  FROM (SELECT item_id, occurred_at, wrong, closed_at
          FROM routing_observation
         WHERE workflow_id = %(workflow)s::uuid AND occurred_at >= %(at)s::timestamptz
           AND (occurred_at, item_id) > (%(at)s::timestamptz, %(after)s::uuid)
         ORDER BY occurred_at, item_id LIMIT %(most)s) page"""
_TYPES = ("V16", ">i8", ">i2")
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Answers:
    """Answers by item; build it with `answers_since`."""

    def __init__(self, items: HashColumn, codes: ByteColumn) -> None:
        order = np.argsort(items)
        self._items, self._codes = items[order], codes[order]

    def of(self, items: HashColumn) -> ByteColumn:
        """Return the answer of each item, 0 where there is none."""
        if not len(self._items):
            return np.zeros(len(items), dtype=np.uint8)
        at = np.minimum(np.searchsorted(self._items, items), len(self._items) - 1)
        return np.where(self._items[at] == items, self._codes[at], 0).astype(np.uint8)


def answers_since(workflow_id: UUID, since: datetime, *, workspace_id: UUID | None = None) -> Answers:
    """Return the answers on items that came at `since` or later, read page by page; transactions as in `page_scope`."""
    items, codes = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint8)]
    at, after = since - _EARLIER, UUID(int=0)
    while True:
        with page_scope(workspace_id):
            ids, times, code = copied_arrays(
                _PAGE_SQL, {"workflow": workflow_id, "at": at, "after": after, "most": _PAGE_ANSWERS}, _TYPES
            )
        items.append(hashed(ids))
        codes.append(code.astype(np.uint8))
        if len(ids) < _PAGE_ANSWERS:
            return Answers(np.concatenate(items), np.concatenate(codes))
        at = moment(times.max())
        after = max(UUID(bytes=one.tobytes()) for one in ids[times == times.max()])


def hashed(ids: NDArray[np.void]) -> HashColumn:
    """Return a number of 64 bits for each id: equal for equal ids, and different for all others as well as certainly."""
    halves = np.ascontiguousarray(ids).view(">u8").reshape(-1, 2).astype(np.uint64)
    return (halves[:, 0] ^ (halves[:, 1] * _MIX)).view(np.int64)

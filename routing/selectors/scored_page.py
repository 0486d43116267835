"""One page of a workflow's routed items after the other, as columns."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from governance.statements import fetch
from routing.domain.columns import NO_LABEL, BoolColumn, ByteColumn, CodeColumn, Codes, Columns, MissingSet
from routing.domain.comparison import ALONE, NO_ANSWER, Looked
from routing.domain.places import HashColumn, Places
from routing.selectors.answers import Answers, hashed
from routing.selectors.array_copy import EPOCH, copied_arrays, moment

# All that many items have in common comes as one hash, and what it stands for is looked up once: label, segment, flags, what was missing,
# by which policy and model. Differently seeded hashes are put together by #, the exclusive or.
# A confidence that is no number makes the label unusable; a value that is none is above every limit, as in routing.
# Small numbers share one: 1 a later attempt, 2 drawn, 4 times the disposition.
_PAGE_SQL = """
SELECT array_send(array_agg(id)), array_send(array_agg(occurred_at)), array_send(array_agg(item_id)),
       array_send(array_agg(coalesce(confidence, 'NaN'))),
       array_send(array_agg(CASE value WHEN 'NaN' THEN 'Infinity' ELSE coalesce(value, 'NaN') END)),
       array_send(array_agg(
           CASE WHEN label IS NULL OR confidence = 'NaN' THEN 0 ELSE hashtextextended(label, 1) END
           # hashtextextended(segment, 2) # hash_array_extended(flags, 3)
           # CASE WHEN missing IS NULL THEN 0 ELSE hash_array_extended(missing, 4) END
           # coalesce(uuid_hash_extended(policy_version_id, 5), 0) # coalesce(uuid_hash_extended(model_version_id, 6), 0))),
       array_send(array_agg(draw_probability)),
       array_send(array_agg((
           CASE WHEN attempt > 1 THEN 1 ELSE 0 END + CASE WHEN drawn THEN 2 ELSE 0 END
           + CASE disposition WHEN 'auto_accept' THEN 0 WHEN 'review' THEN 4 ELSE 8 END)::int2))
  FROM (SELECT id, occurred_at, item_id, attempt, confidence, value, label, segment, flags, missing, policy_version_id,
               model_version_id, disposition, drawn, draw_probability
          FROM routing_routingdecision
         WHERE workflow_id = %(workflow)s::uuid AND mode = 'live' AND id <= %(last)s::int8
           AND occurred_at >= %(since)s::timestamptz AND occurred_at <= %(at)s::timestamptz
           AND (occurred_at, id) < (%(at)s::timestamptz, %(before)s::int8)
           AND (%(model_version)s::uuid IS NULL OR model_version_id = %(model_version)s::uuid)
         ORDER BY occurred_at DESC, id DESC LIMIT %(most)s) page"""
_TYPES = (">i8", ">i8", "V16", ">f8", ">f8", ">i8", ">f8", ">i2")

_WORDS_SQL = """
SELECT d.id, CASE WHEN d.confidence = 'NaN' THEN NULL ELSE d.label END AS label, d.segment, d.flags, d.missing, d.model_version_id, v.body ->> 'rules' AS rules
  FROM routing_routingdecision d
  LEFT JOIN routing_policyversion v ON v.id = d.policy_version_id
 WHERE d.id = ANY(%(ids)s::int8[])"""

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is read: items routed in [since, until), no later than the decision `last`; of one model version, if it is named."""

    workflow_id: UUID
    since: datetime
    until: datetime
    last: int
    model_version_id: UUID | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Items with what became of them, one entry an item in every array; places in the tuples keep their meaning on later pages.

    `asked` are places in `asked_sets`, the fields that were looked for; `model` are places in `models`. `left_out` counts the items
    that were withheld on this page and all before it.
    """

    looked: Looked
    asked: CodeColumn
    asked_sets: tuple[tuple[str, ...], ...]
    model: CodeColumn
    models: tuple[UUID | None, ...]
    left_out: int

    def take(self, which: BoolColumn) -> "Page":
        """Return the items for which the mask is true."""
        return replace(
            self,
            looked=self.looked.take(which),
            asked=self.asked[which],
            model=self.model[which],
        )


class Reader:
    """Reads on from page to page, and remembers what hashes stand for and which items were seen at a later attempt."""

    def __init__(self, bounds: Bounds, answers: Answers | None, most: int, withheld: HashColumn | None = None) -> None:
        self._bounds, self._answers, self._most = bounds, answers, most
        self._withheld = np.zeros(0, dtype=np.int64) if withheld is None else withheld
        self._left_out = self._withheld[:0]
        self._at, self._before = bounds.until, 0
        self._seen_later: HashColumn = np.array([], dtype=np.int64)
        # What a hash stands for, as places in the tables below.
        self._kinds, self._places = Places(), np.zeros((0, len(_READS)), dtype=np.int32)
        self._labels: Codes[str] = Codes()
        self._segments: Codes[str] = Codes([""])
        self._flags: Codes[tuple[str, ...]] = Codes([()])
        self._missing: Codes[MissingSet] = Codes([None])
        self._asked: Codes[tuple[str, ...]] = Codes([()])
        self._models: Codes[UUID | None] = Codes([None])

    def read(self) -> Page | None:
        """Return the next page, or nothing behind the last; in the caller's transaction."""
        bounds = self._bounds
        arrays = copied_arrays(
            _PAGE_SQL,
            {
                "workflow": bounds.workflow_id,
                "last": bounds.last,
                "since": bounds.since,
                "at": self._at,
                "before": self._before,
                "model_version": bounds.model_version_id,
                "most": self._most,
            },
            _TYPES,
        )
        if not len(arrays[0]):
            return None
        ids, at = arrays[:2]
        self._before = int(ids[at == at.min()].min())
        self._at = moment(at.min())
        # Before anything is learned of them: the names that only they have are not told either.
        ids, at, item_ids, confidence, value, kind, probability, small = self._told(arrays)
        self._learn(ids, kind)
        label, segment, flags, missing, asked, model = self._places.T[:, self._kinds.of(kind)]
        columns = Columns(
            ids=ids,
            at=at / _MICROSECONDS + EPOCH.timestamp(),
            confidence=confidence,
            value=value,
            label=label,
            segment=segment,
            flags=flags,
            missing=missing,
            disposition=(small >> 2 & 3).astype(np.uint8),
            labels=self._labels.values,
            segments=self._segments.values,
            flag_sets=self._flags.values,
            missing_sets=self._missing.values,
        )
        items = hashed(item_ids)
        page = Page(
            looked=Looked(columns, self._answer(items, columns), (small & 2).astype(np.bool_), probability),
            asked=asked,
            asked_sets=self._asked.values,
            model=model,
            models=self._models.values,
            left_out=len(self._left_out),
        )
        return self._last_of_each(page, items, (small & 1).astype(np.bool_))

    def _told(self, arrays: list[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return the page's columns without the items that are withheld."""
        if not len(self._withheld):
            return arrays
        items = hashed(arrays[2])
        is_withheld = np.isin(items, self._withheld)
        self._left_out = np.union1d(self._left_out, items[is_withheld])
        return [column[~is_withheld] for column in arrays]

    def _answer(self, items: HashColumn, columns: Columns) -> ByteColumn:
        if self._answers is None:
            return np.zeros(len(items), dtype=np.uint8)
        answer = self._answers.of(items)
        answer[(answer != NO_ANSWER) & (columns.label == NO_LABEL)] = ALONE
        return answer

    def _last_of_each(self, page: Page, item: HashColumn, is_repeat: BoolColumn) -> Page:
        """Leave out items that were routed again later: newest first, their later routing has been seen by now."""
        if not len(self._seen_later) and not is_repeat.any():
            return page
        newest = np.zeros(len(item), dtype=np.bool_)
        newest[np.unique(item, return_index=True)[1]] = True
        keeps = newest & ~np.isin(item, self._seen_later)
        self._seen_later = np.union1d(self._seen_later, item[is_repeat])
        return page.take(keeps)

    def _learn(self, ids: HashColumn, kind: HashColumn) -> None:
        """Look up what hashes stand for that come for the first time, in one statement."""
        firsts = self._kinds.unknown(kind)
        if not len(firsts):
            return
        rows = {row["id"]: row for row in fetch(_WORDS_SQL, {"ids": ids[firsts].tolist()})}
        tables: tuple[Codes[Any], ...] = (
            self._labels, self._segments, self._flags, self._missing, self._asked, self._models
        )  # fmt: skip
        learned = [
            [
                NO_LABEL if table is self._labels and value is None else table.place(value)
                for table, value in zip(tables, values, strict=True)
            ]
            for values in ([read(rows[one]) for read in _READS] for one in ids[firsts].tolist())
        ]
        self._kinds.add(kind[firsts])
        self._places = np.concatenate([self._places, np.array(learned, dtype=np.int32)])


def _asked_fields(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the fields that were looked for: those that the item's policy version asks for, where it was written down."""
    if row["missing"] is None:
        return ()
    rules = json.loads(row["rules"] or "[]")
    return tuple(field for rule in rules if rule.get("kind") == "missing_field" for field in rule["fields"])


# How each of the tables reads its value from a row of _WORDS_SQL, in the order of the tables.
_READS: tuple[Callable[[dict[str, Any]], Any], ...] = (
    lambda row: row["label"],
    lambda row: row["segment"],
    lambda row: tuple(row["flags"]),
    lambda row: None if row["missing"] is None else tuple(row["missing"]),
    _asked_fields,
    lambda row: row["model_version_id"],
)

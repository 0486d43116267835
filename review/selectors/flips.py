"""Items that a replay sends another way, page by page; those under an open blind review are kept from whoever may be asked about them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from governance.domain import Actor
from governance.selectors.scope import enter_workspace
from governance.statements import fetch
from review.selectors.veil import VEILED_SQL, veil_parameters
from routing.domain.columns import DISPOSITIONS, NO_LABEL, BoolColumn
from routing.domain.comparison import ALONE, DISPUTED, GONE, NO_ANSWER, OTHER, SAME
from routing.domain.flips import Flips
from routing.selectors.replays import ReplayFacts, flips_of

MOST_PER_PAGE = 200
USUAL_PER_PAGE = 50
_PER_EXPORTED_PAGE = 1_000
# An export leaves half of the time to whoever works meanwhile.
_LONGEST_PAUSE_S = 0.5
# Of so few the veiled ones are left out of the number too: it would tell which item it is that is missing.
_FEW = 2_000

ANSWERS = {"none": (NO_ANSWER, GONE), "same": (SAME,), "other": (OTHER, DISPUTED, ALONE)}
NO_LABEL_NAME = "-"

_LIST_SQL = f"""
SELECT d.id, d.item_id, i.external_id, d.label, d.confidence, d.value, d.segment, d.occurred_at, o.label AS answer
  FROM unnest(%(ids)s::int8[]) WITH ORDINALITY AS asked (id, place)
  JOIN routing_routingdecision d ON d.id = asked.id
  JOIN review_item i ON i.id = d.item_id
  LEFT JOIN routing_observation o ON o.item_id = d.item_id
 WHERE NOT {VEILED_SQL.format(item="i.id")}
 ORDER BY asked.place"""  # noqa: S608 - composed of constants
_COUNT_SQL = f"""
SELECT count(*) AS seen
  FROM unnest(%(ids)s::int8[]) AS asked (id)
  JOIN routing_routingdecision d ON d.id = asked.id
 WHERE NOT {VEILED_SQL.format(item="d.item_id")}"""  # noqa: S608 - composed of constants
_FIND_SQL = """
SELECT d.id FROM review_item i JOIN routing_routingdecision d ON d.item_id = i.id
 WHERE i.workflow_id = %(workflow)s::uuid AND i.external_id = %(external_id)s::text"""


@dataclass(frozen=True, slots=True)
class FlipQuery:
    """Which of them: None means that it does not matter; `after` is the cursor of the page before."""

    to: str | None = None
    label: str | None = None
    segment: str | None = None
    answer: str | None = None
    external_id: str | None = None
    after: int = 0
    count: int = USUAL_PER_PAGE


@dataclass(frozen=True, slots=True)
class Flip:
    """An item that goes another way; `said` is one of ANSWERS at the time of the replay, `answer` the label that holds now."""

    item_id: UUID
    external_id: str
    label: str | None
    confidence: float | None
    value: float | None
    segment: str
    occurred_at: datetime
    came_from: str
    goes_to: str
    said: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class FlipPage:
    """A page of them, how many the query finds, and the cursor of the next page."""

    flips: list[Flip]
    found: int
    next_after: int | None


def find_flips(actor: Actor, replay: ReplayFacts, query: FlipQuery) -> FlipPage:
    """Return a page of the items that go another way, newest first."""
    flips = flips_of(replay.id)
    places = np.flatnonzero(_mask(replay, flips, query))
    behind = places[places >= query.after]
    return FlipPage(
        flips=_at(actor, flips, behind[: query.count]),
        found=_found(actor, flips, places),
        next_after=int(behind[query.count]) if len(behind) > query.count else None,
    )


def flip_pages(actor: Actor, replay: ReplayFacts, query: FlipQuery) -> Iterator[list[Flip]]:
    """Yield every item that the query is about, newest first, each page read in a transaction of its own."""
    with transaction.atomic():
        enter_workspace(replay.workspace_id)
        flips = flips_of(replay.id)
        places = np.flatnonzero(_mask(replay, flips, query))
    for begin in range(0, len(places), _PER_EXPORTED_PAGE):
        started = time.monotonic()
        with transaction.atomic():
            enter_workspace(replay.workspace_id)
            page = _at(actor, flips, places[begin : begin + _PER_EXPORTED_PAGE])
        took_s = time.monotonic() - started
        yield page
        time.sleep(min(_LONGEST_PAUSE_S, took_s))


def _at(actor: Actor, flips: Flips, places: Any) -> list[Flip]:
    """Return the items at these places, without those that the actor must not be told about."""
    rows = fetch(_LIST_SQL, veil_parameters(actor) | {"ids": flips.ids[places].tolist()})
    by_id = dict(zip(flips.ids[places].tolist(), places.tolist(), strict=True))
    return [_flip(row, flips, by_id[row["id"]]) for row in rows]


def _mask(replay: ReplayFacts, flips: Flips, query: FlipQuery) -> BoolColumn:
    """Return which of them the query is about."""
    mask = np.ones(len(flips), dtype=np.bool_)
    if query.to is not None:
        mask &= flips.goes_to == DISPOSITIONS.index(query.to)
    if query.label is not None:
        mask &= flips.label == _place(replay.result.get("labels", []), query.label)
    if query.segment is not None:
        mask &= flips.segment == _place(replay.result.get("segments", []), query.segment)
    if query.answer is not None:
        mask &= np.isin(flips.answer, ANSWERS[query.answer])
    if query.external_id is not None:
        rows = fetch(_FIND_SQL, {"workflow": replay.workflow_id, "external_id": query.external_id})
        mask &= np.isin(flips.ids, np.array([row["id"] for row in rows], dtype=np.int64))
    return mask


def _place(names: list[str], name: str) -> int:
    """Return the name's place; that of no label where it stands for none, and one that nothing has where it is unknown."""
    if name in names:
        return names.index(name)
    return NO_LABEL if name == NO_LABEL_NAME else NO_LABEL - 1


def _found(actor: Actor, flips: Flips, places: Any) -> int:
    if not len(places) or len(places) > _FEW:
        return len(places)
    rows = fetch(_COUNT_SQL, veil_parameters(actor) | {"ids": flips.ids[places].tolist()})
    return int(rows[0]["seen"])


def _flip(row: dict[str, Any], flips: Flips, place: int) -> Flip:
    code = int(flips.answer[place])
    said = next(name for name, codes in ANSWERS.items() if code in codes)
    return Flip(
        item_id=row["item_id"],
        external_id=row["external_id"],
        label=row["label"],
        confidence=row["confidence"],
        value=row["value"],
        segment=row["segment"],
        occurred_at=row["occurred_at"],
        came_from=DISPOSITIONS[int(flips.came_from[place])],
        goes_to=DISPOSITIONS[int(flips.goes_to[place])],
        said=said,
        answer=row["answer"] if said != "none" else None,
    )

"""Whether the rows are as the picture says, and whether what only grows has only grown."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.review.model.ground import PEOPLE, Ground
from tests.review.model.picture import Picture

_ITEMS = """
SELECT i.id, i.state, i.fence, i.attempts, i.lease_until < now() AS is_over, i.available_at <= now() AS is_due, o.source, o.label,
       o.decision_id
  FROM review_item i LEFT JOIN review_outcome o ON o.id = i.outcome_id"""
_REVIEWS = """
SELECT r.id, r.item_id, r.state, r.fence, r.holder_id, r.decision_id, r.lease_until < now() AS is_over, r.skipped_by, q.key AS queue
  FROM review_review r JOIN review_queue q ON q.id = r.queue_id"""
_DECISIONS = "SELECT id, review_id, fence, reviewer_id, action, label FROM review_decision"
_LATE = "SELECT review_id, person_id, fence, body FROM review_lateanswer"
_MESSAGES = """
SELECT id, type, stream_id, data ->> 'label' AS label, data ->> 'source' AS source, due_at <= now() AS is_due, published_seq, body
  FROM governance_outboxmessage WHERE endpoint_id IS NULL ORDER BY stream_id, recorded_at, id"""
_DELIVERIES = "SELECT message_id, published_seq, endpoint_id FROM governance_delivery"
_TRAILS = (
    "SELECT stream_id, action FROM governance_auditevent WHERE stream_kind = 'item' ORDER BY stream_id, stream_seq"
)


@dataclass
class Memory:
    """What was seen last of what may only grow or never change."""

    fences: dict[UUID, int] = field(default_factory=dict)
    published: dict[UUID, tuple[int, bytes]] = field(default_factory=dict)


def assert_alike(ground: Ground, at: int, picture: Picture, memory: Memory) -> None:
    """Compare the entered workspace with its picture, row by row."""
    house = ground.houses[at]
    people = {house.people[name].id: name for name in PEOPLE}
    reviews = ground.query(_REVIEWS)
    items = ground.query(_ITEMS)
    _compare_items(picture, items)
    _compare_reviews(picture, reviews, people)
    decisions = {row["id"]: _decision_row(row, people) for row in ground.query(_DECISIONS)}
    assert decisions == {
        d.id: (d.review.id, d.fence, d.person, str(d.answer.action.value), d.label) for d in picture.decisions.values()
    }
    late = {
        (row["review_id"], people[row["person_id"]], row["fence"]): _late_body(row["body"])
        for row in ground.query(_LATE)
    }
    assert late == {key: (answer.action.value, answer.label, answer.note) for key, answer in picture.late.items()}
    _compare_messages(picture, ground.query(_MESSAGES), memory)
    deliveries = sorted(
        (row["published_seq"], row["message_id"], row["endpoint_id"]) for row in ground.query(_DELIVERIES)
    )
    endpoint = ground.endpoints[at].id
    assert deliveries == sorted((number, message, endpoint) for message, (number, _body) in memory.published.items())
    trails: dict[UUID, list[str]] = defaultdict(list)
    for row in ground.query(_TRAILS):
        trails[row["stream_id"]].append(row["action"])
    assert dict(trails) == {item.id: item.trail for item in picture.items.values()}
    for row in (*items, *reviews):
        assert row["fence"] >= memory.fences.get(row["id"], 0), "a fence never shrinks"
        memory.fences[row["id"]] = row["fence"]


def _compare_items(picture: Picture, rows: list[dict[str, Any]]) -> None:
    found = {
        row["id"]: (
            row["state"],
            row["fence"],
            row["attempts"],
            row["is_over"],
            row["is_due"] if row["state"] in ("received", "held") else None,
            row["source"],
            row["label"],
            row["decision_id"],
        )
        for row in rows
    }
    assert found == {
        item.id: (
            item.state,
            item.fence,
            item.attempts,
            None if item.lease_left is None else item.lease_left < 0,
            item.due_in <= 0 if item.state in ("received", "held") else None,
            item.source,
            item.answer,
            item.decision,
        )
        for item in picture.items.values()
    }


def _compare_reviews(picture: Picture, rows: list[dict[str, Any]], people: dict[UUID, str]) -> None:
    found = {
        row["id"]: (
            row["item_id"],
            row["queue"],
            row["state"],
            row["fence"],
            people.get(row["holder_id"]),
            row["decision_id"],
            row["is_over"],
            {people[person] for person in row["skipped_by"]},
        )
        for row in rows
    }
    assert found == {
        review.id: (
            review.item.id,
            review.queue,
            review.state,
            review.fence,
            review.holder,
            review.decision,
            None if review.lease_left is None else review.lease_left < 0,
            review.skipped_by,
        )
        for review in picture.reviews.values()
    }


def _compare_messages(picture: Picture, rows: list[dict[str, Any]], memory: Memory) -> None:
    found: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        is_published = row["published_seq"] is not None
        found[row["stream_id"]].append((row["type"], row["label"], row["source"], row["is_due"], is_published))
    assert {item_id: sorted(messages, key=str) for item_id, messages in found.items()} == {
        item.id: sorted(((m.type, m.label, m.source, m.due_in <= 0, m.is_published) for m in item.messages), key=str)
        for item in picture.items.values()
        if item.messages
    }
    published = {
        row["id"]: (row["published_seq"], bytes(row["body"])) for row in rows if row["published_seq"] is not None
    }
    assert memory.published.items() <= published.items(), "what has left never changes"
    numbers = sorted(number for number, _body in published.values())
    assert numbers == list(range(1, len(numbers) + 1)), "the feed's numbers have no gap"
    earlier = max((number for number, _body in memory.published.values()), default=0)
    assert all(published[new][0] > earlier for new in published.keys() - memory.published.keys())
    memory.published = published


def _decision_row(row: dict[str, Any], people: dict[UUID, str]) -> tuple[Any, ...]:
    return row["review_id"], row["fence"], people[row["reviewer_id"]], row["action"], row["label"]


def _late_body(body: Any) -> tuple[str, str | None, str]:
    kept = json.loads(body) if isinstance(body, str | bytes) else body
    return kept["action"], kept["label"], kept["note"]

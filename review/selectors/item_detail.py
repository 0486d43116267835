"""One item with all that became of it, as far as the caller may know."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.domain import Actor, NotFoundError
from governance.selectors.trails import TrailEvent, stream_events
from governance.statements import fetch, fetch_one
from review.selectors.veil import VEILED_SQL, veil_parameters
from routing.selectors.contracts import ContractFacts, contract_facts
from routing.selectors.suggestions import PredictionFacts, predictions_for

_ITEM_SQL = f"""
SELECT i.id, i.external_id, i.contract_id, i.subject, i.segment, i.value, i.priority, i.flags, i.state, i.attempts, i.last_error,
       i.occurred_at, i.recorded_at, p.body AS payload, {VEILED_SQL.format(item="i.id")} AS is_withheld,
       o.id AS outcome_id, o.label AS outcome_label, o.fields AS outcome_fields, o.source AS outcome_source,
       o.decision_id AS outcome_decision, o.recorded_at AS outcome_at
  FROM review_item i
  LEFT JOIN review_itempayload p ON p.item_id = i.id
  LEFT JOIN review_outcome o ON o.id = i.outcome_id
 WHERE i.id = %(item)s::uuid"""  # noqa: S608 - composed of constants

_REVIEWS_SQL = """
SELECT r.id, r.kind, r.round, r.slot, r.state, r.due_at, r.attempts, q.key AS queue_key, q.name AS queue_name,
       coalesce((SELECT json_agg(json_build_object(
                    'id', d.id, 'action', d.action, 'label', d.label, 'fields', d.fields, 'reason_code', d.reason_code,
                    'note', d.note, 'reviewer', d.reviewer_pseudonym, 'suggestion_shown', d.suggestion_shown,
                    'active_ms', d.active_ms, 'recorded_at', d.recorded_at, 'is_effective', d.id = r.decision_id)
                    ORDER BY d.recorded_at, d.id)
                   FROM review_decision d WHERE d.review_id = r.id), '[]'::json) AS decisions,
       coalesce((SELECT json_agg(json_build_object('fence', l.fence, 'body', l.body, 'received_at', l.received_at)
                    ORDER BY l.received_at, l.id)
                   FROM review_lateanswer l WHERE l.review_id = r.id), '[]'::json) AS late_answers
  FROM review_review r JOIN review_queue q ON q.id = r.queue_id
 WHERE r.item_id = %(item)s::uuid
 ORDER BY r.round, r.slot"""

_DELIVERY_SQL = """
SELECT id, type, due_at, published_at, recorded_at, data->>'outcome' AS outcome
  FROM governance_outboxmessage
 WHERE stream_id = %(item)s::uuid AND stream_kind = 'item'
 ORDER BY recorded_at, id"""


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """The effective answer for an item."""

    id: UUID
    label: str | None
    fields: dict[str, Any]
    source: str
    decision_id: UUID | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ItemFate:
    """What became of an item."""

    state: str
    attempts: int
    last_error: str
    prediction: PredictionFacts | None
    outcome: OutcomeFacts | None
    reviews: list[dict[str, Any]]
    messages: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """An item's content, and its fate unless a blind review keeps it back from the caller."""

    id: UUID
    external_id: str
    contract: ContractFacts
    subject: str
    segment: str
    value: float | None
    priority: int
    flags: list[str]
    occurred_at: datetime
    payload: dict[str, Any] | None
    fate: ItemFate | None


def access_item(actor: Actor, item_id: UUID) -> ItemDetail:
    """Return the item as the caller may see it, or say that there is none; five statements at most."""
    row = _access_row(actor, item_id)
    return ItemDetail(
        id=row["id"],
        external_id=row["external_id"],
        contract=contract_facts(row["contract_id"]),
        subject=row["subject"],
        segment=row["segment"],
        value=row["value"],
        priority=row["priority"],
        flags=row["flags"],
        occurred_at=row["occurred_at"],
        payload=None if row["payload"] is None else json.loads(row["payload"]),
        fate=None if row["is_withheld"] else _fate(row),
    )


def access_trail(actor: Actor, item_id: UUID, *, after: int = 0) -> list[TrailEvent] | None:
    """Return the item's audit events; none where a blind review keeps them back from the caller."""
    if _access_row(actor, item_id)["is_withheld"]:
        return None
    return stream_events("item", item_id, after=after)


def is_withheld_from(actor: Actor, item_id: UUID) -> bool:
    """Tell whether a blind review keeps the item's fate back from the caller."""
    return bool(_access_row(actor, item_id)["is_withheld"])


def _access_row(actor: Actor, item_id: UUID) -> dict[str, Any]:
    row = fetch_one(_ITEM_SQL, veil_parameters(actor) | {"item": item_id})
    if row is None:
        raise NotFoundError(detail="There is no such item.", extra={"item": str(item_id)})
    return row


def _fate(row: dict[str, Any]) -> ItemFate:
    outcome = None
    if row["outcome_id"] is not None:
        outcome = OutcomeFacts(
            id=row["outcome_id"],
            label=row["outcome_label"],
            fields=json.loads(row["outcome_fields"]),
            source=row["outcome_source"],
            decision_id=row["outcome_decision"],
            recorded_at=row["outcome_at"],
        )
    return ItemFate(
        state=row["state"],
        attempts=row["attempts"],
        last_error=row["last_error"],
        prediction=predictions_for([row["id"]]).get(row["id"]),
        outcome=outcome,
        reviews=fetch(_REVIEWS_SQL, {"item": row["id"]}),
        messages=fetch(_DELIVERY_SQL, {"item": row["id"]}),
    )

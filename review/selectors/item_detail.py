"""One item with all that became of it, as far as the caller may know."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import Actor, ActorKind, NotFoundError
from governance.selectors.trails import TrailEvent, stream_events
from governance.statements import fetch, fetch_one
from review.domain.masking import Masked, mask
from review.selectors.delivery_log import messages_of
from review.selectors.veil import VEILED_SQL, veil_parameters
from routing.selectors.contracts import ContractFacts, contract_facts
from routing.selectors.suggestions import PredictionFacts, predictions_for

# The outcomes that amendments have taken the place of, the last one first.
_EARLIER_SQL = """
CASE WHEN o.supersedes IS NOT NULL THEN (
    WITH RECURSIVE earlier AS (
        SELECT b.*, 1 AS step FROM review_outcome b WHERE b.id = o.supersedes
        UNION ALL
        SELECT b.*, e.step + 1 FROM earlier e JOIN review_outcome b ON b.id = e.supersedes
    )
    SELECT json_agg(json_build_object(
               'id', id, 'label', label, 'fields', fields, 'source', source, 'decision', decision_id, 'supersedes', supersedes,
               'amended_by', amended_by, 'reason_code', reason_code, 'note', note, 'recorded_at', recorded_at) ORDER BY step)
      FROM earlier) END"""

_ITEM_SQL = f"""
SELECT i.id, i.external_id, i.contract_id, i.subject, i.segment, i.value, i.priority, i.flags, i.state, i.attempts, i.last_error,
       i.occurred_at, i.recorded_at, p.body AS payload, {VEILED_SQL.format(item="i.id")} AS is_withheld,
       o.id AS outcome_id, o.label AS outcome_label, o.fields AS outcome_fields, o.source AS outcome_source,
       o.decision_id AS outcome_decision, o.recorded_at AS outcome_at, o.supersedes AS outcome_supersedes,
       o.amended_by AS outcome_amended_by, o.reason_code AS outcome_reason_code, o.note AS outcome_note,
       {_EARLIER_SQL} AS earlier_outcomes, i.failure, i.died_at
  FROM review_item i
  LEFT JOIN review_itempayload p ON p.item_id = i.id
  LEFT JOIN review_outcome o ON o.id = i.outcome_id
 WHERE i.id = %(item)s::uuid"""  # noqa: S608 - composed of constants

_REVIEWS_SQL = """
SELECT r.id, r.kind, r.round, r.slot, r.state, r.due_at, r.attempts, q.key AS queue_key, q.name AS queue_name,
       CASE WHEN r.state = 'open' AND r.snoozed_until > now() THEN r.snoozed_until END AS snoozed_until,
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


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """An answer for an item: the effective one, or one that an amendment took the place of.

    Who amended it, by pseudonym, and why is empty where it was not amended itself.
    """

    id: UUID
    label: str | None
    fields: dict[str, Any]
    source: str
    decision_id: UUID | None
    recorded_at: datetime
    supersedes: UUID | None = None
    amended_by: UUID | None = None
    reason_code: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ItemFate:
    """What became of an item."""

    state: str
    attempts: int
    last_error: str
    failure: str
    died_at: datetime | None
    prediction: PredictionFacts | None
    outcome: OutcomeFacts | None
    earlier_outcomes: list[OutcomeFacts]
    reviews: list[dict[str, Any]]
    messages: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """An item's content, and its fate unless a blind review keeps it back from the caller.

    `payload` is null at the places of `masked`: a person gets what is sensitive by revealing it, a client has it anyway.
    """

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
    masked: tuple[str, ...]
    fate: ItemFate | None


def access_item(actor: Actor, item_id: UUID) -> ItemDetail:
    """Return the item as the caller may see it, or say that there is none; six statements at most."""
    row = _access_row(actor, item_id)
    contract = contract_facts(row["contract_id"])
    content = _content(actor, row, contract)
    return ItemDetail(
        id=row["id"],
        external_id=row["external_id"],
        contract=contract,
        subject=row["subject"],
        segment=row["segment"],
        value=row["value"],
        priority=row["priority"],
        flags=row["flags"],
        occurred_at=row["occurred_at"],
        payload=content.payload,
        masked=content.pointers,
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
        raise NotFoundError(detail=_("There is no such item."), extra={"item": str(item_id)})
    return row


def _content(actor: Actor, row: dict[str, Any], contract: ContractFacts) -> Masked:
    payload = None if row["payload"] is None else json.loads(row["payload"])
    return mask(payload, contract.sensitive) if actor.kind is ActorKind.PERSON else Masked(payload, ())


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
            supersedes=row["outcome_supersedes"],
            amended_by=row["outcome_amended_by"],
            reason_code=row["outcome_reason_code"],
            note=row["outcome_note"],
        )
    return ItemFate(
        state=row["state"],
        attempts=row["attempts"],
        last_error=row["last_error"],
        failure=row["failure"],
        died_at=row["died_at"],
        prediction=predictions_for([row["id"]]).get(row["id"]),
        outcome=outcome,
        earlier_outcomes=[_earlier(one) for one in row["earlier_outcomes"] or []],
        reviews=fetch(_REVIEWS_SQL, {"item": row["id"]}),
        messages=messages_of(row["id"]),
    )


def _earlier(row: dict[str, Any]) -> OutcomeFacts:
    ids = {name: UUID(row[name]) if row[name] else None for name in ("decision", "supersedes", "amended_by")}
    return OutcomeFacts(
        id=UUID(row["id"]),
        label=row["label"],
        fields=row["fields"],
        source=row["source"],
        decision_id=ids["decision"],
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        supersedes=ids["supersedes"],
        amended_by=ids["amended_by"],
        reason_code=row["reason_code"],
        note=row["note"],
    )

"""Amending: an outcome that has left gets a successor, which leaves too. Nothing that was said is changed."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance import failpoints
from governance.domain import (
    Actor,
    ActorKind,
    Capability,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    StaleStateError,
    uuid7,
)
from governance.services import audit, outbox
from governance.services.rights import require
from governance.statements import fetch_one
from review.domain import actions
from review.domain.errors import NothingToAmendError
from review.domain.states import ItemState, OutcomeSource
from review.selectors.item_detail import is_withheld_from
from review.services.answers import check_fields, check_label, check_note
from routing.selectors.contracts import ContractFacts, contract_facts
from routing.services.observations import AMENDED_ANSWERS_SQL, OBSERVE_SQL


class Keep(Enum):
    """What an amendment does not speak of stays as it is."""

    KEEP = "keep"


KEEP = Keep.KEEP

_LOAD_SQL = """
SELECT i.id, i.state, i.contract_id, o.id AS outcome_id, o.source, o.label, o.fields, o.supersedes, o.amended_by, o.reason_code,
       o.note, o.recorded_at
  FROM review_item i LEFT JOIN review_outcome o ON o.id = i.outcome_id
 WHERE i.id = %(item)s::uuid"""

# Whoever answers or amends the item waits here; what they wrote is seen by the statement that follows.
_LOCK_SQL = """
SELECT id FROM review_item WHERE id = %(item)s::uuid AND state = 'resolved' AND outcome_id = %(before)s::uuid FOR UPDATE"""

_AMEND_SQL = f"""
WITH moved AS (
    UPDATE review_item i SET outcome_id = %(outcome)s::uuid, event_count = i.event_count + 1
     WHERE i.id = %(item)s::uuid AND i.state = 'resolved' AND i.outcome_id = %(before)s::uuid
    RETURNING i.id, i.event_count, i.external_id
), outcome AS (
    INSERT INTO review_outcome (id, workspace_id, item_id, source, label, fields, supersedes, amended_by, reason_code, note)
    SELECT %(outcome)s::uuid, %(audit_workspace)s::uuid, id, 'amended', %(label)s::text, %(fields)s::jsonb, %(before)s::uuid,
           %(actor_pseudonym)s::uuid, %(reason_code)s::text, %(note)s::text
      FROM moved
    RETURNING recorded_at
), messages AS (
    SELECT %(message)s::uuid AS id, 'item.amended' AS type, 'item' AS stream_kind, moved.id AS stream_id,
           'outcome:' || %(outcome)s::text AS dedupe_key,
           jsonb_build_object('item', moved.id, 'external_id', moved.external_id, 'workflow', %(workflow_key)s::text,
                              'outcome', %(outcome)s::uuid, 'label', %(label)s::text, 'fields', %(fields)s::jsonb,
                              'source', 'amended', 'supersedes', (
                                  SELECT jsonb_build_object('outcome', b.id, 'label', b.label, 'fields', b.fields)
                                    FROM review_outcome b WHERE b.id = %(before)s::uuid)) AS data,
           greatest(statement_timestamp(), {outbox.DUE_SQL.format(key="'outcome:' || %(before)s::text")}) AS due_at
      FROM moved
), {outbox.PUBLISH_SQL}, amended AS (
    SELECT id AS item_id, %(label)s::text AS label FROM moved
), {AMENDED_ANSWERS_SQL}, {OBSERVE_SQL}, events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.ITEM_AMENDED}' AS action,
           NULL::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM moved
), {audit.APPEND_SQL}
SELECT recorded_at FROM outcome"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class Amendment:
    """A recorded amendment."""

    item_id: UUID
    outcome_id: UUID
    supersedes: UUID
    label: str | None
    fields: dict[str, Any]
    reason_code: str
    note: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the outcome is to be, with what stays filled in."""

    label: str | None
    fields: dict[str, Any]
    reason_code: str
    note: str


def amend_item(
    *,
    actor: Actor,
    item_id: UUID,
    label: str | Keep | None = KEEP,
    fields: dict[str, Any] | Keep = KEEP,
    reason_code: str = "",
    note: str = "",
    supersedes: UUID | None = None,
) -> Amendment:
    """Give a resolved item another answer; the one before stays, and the new one leaves at once as `item.amended`.

    What is not given stays; no label means that none applies. Repeated right after by the same person it returns the
    stored amendment. Of two at once one wins and the other is stale; `supersedes` makes anything stale but an amendment
    of that very outcome.
    """
    require(actor, Capability.AMEND)
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(detail=_("Only a person may amend; an API client has no judgement of its own."))
    check_note(note)
    with transaction.atomic(savepoint=False):
        row = _load(item_id)
        if is_withheld_from(actor, item_id):
            raise ConflictError(
                detail=_("You may be asked about this item: let somebody amend it who does not review it.")
            )
        _require_resolved(row)
        wanted = _wanted(row, label, fields, reason_code, note)
        if _is_repeat(actor, row, wanted, supersedes):
            return _stored(row)
        if supersedes is not None and supersedes != row["outcome_id"]:
            raise _stale(item_id)
        _check(contract_facts(row["contract_id"]), row, wanted)
        if fetch_one(_LOCK_SQL, {"item": item_id, "before": row["outcome_id"]}) is None:
            now = _load(item_id)
            if _is_repeat(actor, now, wanted, row["outcome_id"]):
                return _stored(now)
            raise _stale(item_id)
        amendment = _write(actor, row, wanted)
        transaction.on_commit(lambda: failpoints.reach("amend.committed"))
        return amendment


def _load(item_id: UUID) -> dict[str, Any]:
    row = fetch_one(_LOAD_SQL, {"item": item_id})
    if row is None:
        raise NotFoundError(detail=_("There is no such item."), extra={"item": str(item_id)})
    return row | {"fields": json.loads(row["fields"]) if row["fields"] else {}}


def _require_resolved(row: dict[str, Any]) -> None:
    state = row["state"]
    if state == ItemState.HELD:
        raise ConflictError(detail=_("The outcome has not left yet: undo it instead."), extra={"state": state})
    if state != ItemState.RESOLVED:
        raise ConflictError(detail=f"The item is {state}; only a resolved one is amended.", extra={"state": state})


def _stale(item_id: UUID) -> StaleStateError:
    return StaleStateError(detail=_("The item has been amended in the meantime."), extra={"item": str(item_id)})


def _wanted(
    row: dict[str, Any], label: str | Keep | None, fields: dict[str, Any] | Keep, reason_code: str, note: str
) -> _Wanted:
    if isinstance(fields, Keep):
        fields = {} if label is None else row["fields"]
    return _Wanted(row["label"] if isinstance(label, Keep) else label, fields, reason_code, note)


def _is_repeat(actor: Actor, row: dict[str, Any], wanted: _Wanted, supersedes: UUID | None) -> bool:
    return (
        row["source"] == OutcomeSource.AMENDED
        and row["amended_by"] == actor.pseudonym
        and supersedes in (None, row["supersedes"])
        and _Wanted(row["label"], row["fields"], row["reason_code"], row["note"]) == wanted
    )


def _check(contract: ContractFacts, row: dict[str, Any], wanted: _Wanted) -> None:
    if (wanted.label, wanted.fields) == (row["label"], row["fields"]):
        raise NothingToAmendError(
            detail=_("The outcome says the same already."), extra={"outcome": str(row["outcome_id"])}
        )
    if wanted.label is not None:
        check_label(contract, wanted.label)
    is_whole = wanted.label is not None or (not contract.takes_label and bool(wanted.fields))
    check_fields(contract, wanted.label, wanted.fields, is_whole=is_whole)


def _write(actor: Actor, row: dict[str, Any], wanted: _Wanted) -> Amendment:
    outcome_id, before = uuid7(), row["outcome_id"]
    told = {"label": wanted.label, "outcome": str(outcome_id), "supersedes": str(before)}
    kept = {name: value for name in ("fields", "note", "reason_code") if (value := getattr(wanted, name))}
    written = fetch_one(
        _AMEND_SQL,
        audit.parameters(actor)
        | {
            "item": row["id"],
            "before": before,
            "outcome": outcome_id,
            "message": uuid7(),
            "label": wanted.label,
            "fields": json.dumps(wanted.fields),
            "reason_code": wanted.reason_code,
            "note": wanted.note,
            "workflow_key": contract_facts(row["contract_id"]).workflow_key,
            "body": audit.body(actions.ITEM_AMENDED, told | kept),
        },
    )
    if written is None:
        raise _stale(row["id"])
    return Amendment(
        item_id=row["id"],
        outcome_id=outcome_id,
        supersedes=before,
        label=wanted.label,
        fields=wanted.fields,
        reason_code=wanted.reason_code,
        note=wanted.note,
        recorded_at=written["recorded_at"],
    )


def _stored(row: dict[str, Any]) -> Amendment:
    return Amendment(
        item_id=row["id"],
        outcome_id=row["outcome_id"],
        supersedes=row["supersedes"],
        label=row["label"],
        fields=row["fields"],
        reason_code=row["reason_code"],
        note=row["note"],
        recorded_at=row["recorded_at"],
    )

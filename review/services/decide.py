"""Recording answers: a review is loaded and locked, the answer checked, and everything that follows written at once."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance import failpoints, metrics, strict_json
from governance.domain import Actor, InvalidError, NotFoundError, StaleStateError, uuid7
from governance.services import audit
from governance.statements import fetch, fetch_one
from review.domain import actions
from review.domain.errors import NoSuggestionError, StaleFenceError
from review.domain.states import UNSUGGESTED_KINDS, DecisionAction, ItemState, ReviewKind, ReviewState
from review.services.answers import check_fields, check_label, check_note
from review.services.decide_sql import DECIDE_SQL, LATE_SQL, LOAD_SQL
from review.services.escalate import escalate_review, facts_of_escalation
from review.services.reopen import is_repeat, skip_review
from review.services.settle import settle
from routing.selectors.contracts import ContractFacts, contract_facts


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reviewer sends about one review."""

    action: DecisionAction
    label: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    reason_code: str = ""
    note: str = ""
    active_ms: int = 0
    # Of an escalation alone: where to, and who is asked.
    queue: str | None = None
    mentions: tuple[UUID, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the answer as it was sent; what only an escalation has stands in it where it was given."""
        said = asdict(self) | {"action": self.action.value, "mentions": [str(person) for person in self.mentions]}
        return {name: value for name, value in said.items() if value or name not in {"queue", "mentions"}}

    def digest(self) -> bytes:
        """Return what tells a repeated answer from another one."""
        return hashlib.sha256(strict_json.canonical(self.as_json())).digest()


@dataclass(frozen=True, slots=True)
class Decided:
    """A recorded decision and until when it can be undone; both none after a skip or an escalation."""

    decision_id: UUID | None = None
    action: str | None = None
    label: str | None = None
    recorded_at: datetime | None = None
    undo_until: datetime | None = None


def record_decision(
    *,
    actor: Actor,
    review_id: UUID,
    fence: int,
    answer: Answer,
    occurred_at: datetime | None = None,
) -> Decided | StaleFenceError:
    """Record a reviewer's answer under their fence.

    Repeated by the same person with the same fence and body it returns the stored answer. An answer under an
    old fence changes nothing; it is kept as a late answer and the refusal is returned, so that the caller's
    transaction commits what was kept.
    """
    with transaction.atomic(savepoint=False):
        row = fetch_one(LOAD_SQL, {"review": review_id, "fence": fence})
        if row is not None and not _holds(row, actor, fence):
            # The lock may have been waited for: only a statement that begins under it sees what was answered meanwhile.
            row = fetch_one(LOAD_SQL, {"review": review_id, "fence": fence})
        if row is None:
            raise NotFoundError(detail=_("There is no such review."), extra={"review": str(review_id)})
        if row["stored_id"] is not None and row["stored_reviewer"] == actor.id and not _holds(row, actor, fence):
            if bytes(row["stored_digest"]) == answer.digest():
                return _stored(row)
            return _keep_late(actor, row, fence, answer, _("This lease was already answered, differently."))
        if not _holds(row, actor, fence):
            if _is_repeat(actor, row, fence, answer):
                return Decided()
            return _keep_late(actor, row, fence, answer, _("The lease had ended or passed on before the answer came."))
        decided = _carry_out(actor, row, fence, answer, occurred_at)
        transaction.on_commit(partial(failpoints.reach, "decide.committed"))
    metrics.DECISIONS.labels(answer.action.value).inc()
    return decided


def _holds(row: dict[str, Any], actor: Actor, fence: int) -> bool:
    return bool(row["state"] == ReviewState.LEASED and row["fence"] == fence and row["holder_id"] == actor.id)


def _is_repeat(actor: Actor, row: dict[str, Any], fence: int, answer: Answer) -> bool:
    """Tell whether the person has skipped or escalated the review under this fence already, in the same way."""
    if answer.action is not DecisionAction.ESCALATE:
        return is_repeat(row, actor=actor, fence=fence, action=answer.action)
    facts = facts_of_escalation(queue=answer.queue, mentions=answer.mentions)
    return is_repeat(row, actor=actor, fence=fence, action=answer.action, facts=facts)


def _carry_out(actor: Actor, row: dict[str, Any], fence: int, answer: Answer, occurred_at: datetime | None) -> Decided:
    check_note(answer.note)
    if answer.action is DecisionAction.SKIP:
        skip_review(actor=actor, row=row, reason_code=answer.reason_code, note=answer.note)
        return Decided()
    if answer.action is DecisionAction.ESCALATE:
        escalate_review(
            actor=actor,
            row=row,
            reason_code=answer.reason_code,
            note=answer.note,
            queue=answer.queue,
            mentions=answer.mentions,
        )
        return Decided()
    contract = contract_facts(row["contract_id"])
    label = _label(row, contract, answer)
    check_fields(contract, label, answer.fields, is_whole=answer.action is not DecisionAction.REJECT)
    return _write(actor, row, fence, answer, label, occurred_at)


def _label(row: dict[str, Any], contract: ContractFacts, answer: Answer) -> str | None:
    """Return the label that the answer stands for; refuse one that the contract does not know."""
    if answer.action is DecisionAction.REJECT:
        return None
    if answer.action is DecisionAction.ACCEPT:
        suggested = None if row["kind"] in UNSUGGESTED_KINDS else row["machine_label"]
        if suggested is None:
            raise NoSuggestionError(detail=_("There was no suggestion to accept; choose a label."))
        if answer.label is not None and answer.label != suggested:
            raise InvalidError(
                detail=_("accept takes the suggested label; send correct for another one."),
                extra={"pointer": "/label", "suggested": suggested},
            )
        return str(suggested)
    check_label(contract, answer.label)
    return answer.label


def _write(
    actor: Actor,
    row: dict[str, Any],
    fence: int,
    answer: Answer,
    label: str | None,
    occurred_at: datetime | None,
) -> Decided:
    moves = row["item_state"] == ItemState.IN_REVIEW
    window = row["undo_window_s"]
    decision_id, outcome_id = uuid7(), uuid7()
    shown = row["kind"] not in UNSUGGESTED_KINDS and row["machine_label"] is not None
    data = {
        "action": answer.action.value,
        "active_ms": answer.active_ms,
        "decision": str(decision_id),
        "fence": fence,
        "label": label,
        "outcome": str(outcome_id) if moves else None,
        "review": str(row["id"]),
        "suggestion_shown": shown,
    } | {name: value for name in ("fields", "note", "reason_code") if (value := getattr(answer, name))}
    values = audit.parameters(actor) | {
        "decision": decision_id,
        "outcome": outcome_id,
        "message": uuid7(),
        "review": row["id"],
        "item": row["item_id"],
        "fence": fence,
        "person": actor.id,
        "action": answer.action.value,
        "label": label,
        "fields": json.dumps(answer.fields),
        "reason_code": answer.reason_code,
        "note": answer.note,
        "active_ms": answer.active_ms,
        "shown": shown,
        "digest": answer.digest(),
        "moves": moves,
        "state_after": (ItemState.HELD if window else ItemState.RESOLVED).value,
        "window": window,
        "occurred_at": occurred_at,
        "workflow_key": contract_facts(row["contract_id"]).workflow_key,
        "body": audit.body(actions.DECISION_MADE, data),
    }
    if row["kind"] == ReviewKind.ADJUDICATION:
        written = settle(values=values, data=data)
    else:
        written = fetch_one(DECIDE_SQL, values)
    if written is None:
        raise StaleStateError(detail=_("The item has moved on in the meantime."), extra={"item": str(row["item_id"])})
    return Decided(
        decision_id=decision_id,
        action=answer.action.value,
        label=label,
        recorded_at=written["recorded_at"],
        undo_until=written["recorded_at"] + timedelta(seconds=window),
    )


def _stored(row: dict[str, Any]) -> Decided:
    return Decided(
        decision_id=row["stored_id"],
        action=row["stored_action"],
        label=row["stored_label"],
        recorded_at=row["stored_at"],
        undo_until=row["stored_at"] + timedelta(seconds=row["undo_window_s"]),
    )


def _keep_late(actor: Actor, row: dict[str, Any], fence: int, answer: Answer, why: str) -> StaleFenceError:
    kept = answer.as_json()
    fetch(
        LATE_SQL,
        {
            "id": uuid7(),
            "workspace": actor.workspace_id,
            "review": row["id"],
            "person": actor.id,
            "fence": fence,
            "body": json.dumps(kept),
        },
    )
    metrics.STALE_FENCES.inc()
    return StaleFenceError(
        detail=_("%(why)s It changed nothing; it is kept as a second opinion.") % {"why": why},
        extra={"review": str(row["id"]), "kept": kept},
    )

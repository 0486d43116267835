"""Undoing inside the window: nothing has left, so the decision is recalled and its reviewer gets the review back."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance import failpoints
from governance.domain import Actor, NotFoundError
from governance.services import audit
from governance.statements import fetch, fetch_one
from review.domain import actions
from review.domain.errors import NotYoursError, UndoWindowClosedError
from review.domain.states import ItemState, ReviewKind
from review.selectors.leased import LeasedReview, leased_reviews
from review.services.decide_sql import LOAD_DECISION_SQL, UNDO_SQL
from review.services.settle import unsettle


def undo_decision(*, actor: Actor, decision_id: UUID) -> LeasedReview:
    """Recall the person's own decision while its undo window is open and lease the review to them again."""
    with transaction.atomic(savepoint=False):
        row = fetch_one(LOAD_DECISION_SQL, {"decision": decision_id})
        if row is None:
            raise NotFoundError(detail=_("There is no such decision."), extra={"decision": str(decision_id)})
        if row["reviewer_id"] != actor.id:
            raise NotYoursError(detail=_("Only the person who decided may undo."))
        if row["item_state"] == ItemState.WITHDRAWN:
            raise UndoWindowClosedError(detail=_("The item has been withdrawn; there is nothing to undo."))
        if not row["is_effective"]:
            raise UndoWindowClosedError(
                detail=_("This decision is no longer the effective one; there is nothing to undo.")
            )
        is_settled = row["kind"] == ReviewKind.ADJUDICATION
        moves = bool(row["is_outcome"]) and not is_settled
        if row["is_over"] or (moves and row["item_state"] != ItemState.HELD):
            raise UndoWindowClosedError(detail=_("The undo window has closed; the outcome has left. Amend it instead."))
        data = {"decision": str(decision_id), "fence": row["fence"], "review": str(row["review_id"])}
        body = audit.body(actions.DECISION_UNDONE, data)
        rows = unsettle(actor=actor, row=row, body=body) if is_settled else _recall(actor, row, moves, body)
        if not rows:
            raise UndoWindowClosedError(detail=_("The outcome has left in the meantime. Amend it instead."))
        transaction.on_commit(partial(failpoints.reach, "undo.committed"))
        return leased_reviews(rows)[0]


def _recall(actor: Actor, row: dict[str, Any], moves: bool, body: bytes) -> list[dict[str, Any]]:
    return fetch(
        UNDO_SQL,
        audit.parameters(actor)
        | {
            "person": actor.id,
            "review": row["review_id"],
            "item": row["item_id"],
            "decision": row["id"],
            "outcome": row["outcome_id"],
            "lease_s": row["lease_s"],
            "moves": moves,
            "body": body,
        },
    )

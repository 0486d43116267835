"""What becomes of items that were given up: the model again, or people instead, or nothing. One, or all batch by batch."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance import wakeups
from governance.domain import Actor, Capability, ConflictError, NotFoundError
from governance.selectors.scope import enter_workspace
from governance.services import audit
from governance.services.rights import require
from governance.statements import fetch, fetch_one
from review.domain import actions
from review.domain.losses import LOSSES_ALONE
from review.domain.states import ItemState
from review.selectors.item_detail import is_withheld_from
from review.services.dead_rows import DEAD_BATCH_SQL, DEAD_ONE_SQL, Batch
from review.services.given_up import move_to_people
from review.services.intake import PREDICT_TASK
from review.services.withdraw import withdraw_item
from routing.selectors.workflows import WorkflowFacts, workflow_by_id

_BUDGET_S = 20.0
# What the item is instead would tell a person who may be asked about it without suggestion.
_WITHHELD = gettext_noop("The item is not dead: only a dead one can be dealt with so.")

# What was lost too often is tried alone once more: replaying must not take its neighbours along.
_REPLAY_SQL = f"""
WITH picked AS MATERIALIZED ({{dead}}), moved AS (
    UPDATE review_item i
       SET state = 'received', attempts_forgiven = i.attempts, losses = least(i.losses, {LOSSES_ALONE}), failure = '', died_at = NULL,
           available_at = now(), event_count = i.event_count + 1
      FROM picked WHERE i.id = picked.id AND i.state = 'dead'
    RETURNING i.id, i.workflow_id, i.event_count, picked.attempts, picked.failure
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.ITEM_REPLAYED}' AS action,
           NULL::timestamptz AS occurred_at,
           convert_to('{{{{"attempt":' || attempts || ',"failure":"' || failure || '"}}}}', 'UTF8') AS body
      FROM moved
), {audit.APPEND_SQL}
SELECT id, workflow_id FROM moved"""  # noqa: S608 - composed of constants
_REPLAY_ONE_SQL = _REPLAY_SQL.format(dead=DEAD_ONE_SQL)
_REPLAY_BATCH_SQL = _REPLAY_SQL.format(dead=DEAD_BATCH_SQL)

_STATE_SQL = "SELECT state, workflow_id FROM review_item WHERE id = %(item)s::uuid"


@dataclass(frozen=True, slots=True)
class Emptied:
    """How many items were moved, how many could not be, and whether time ran out before the last."""

    moved: int
    refused: int
    is_complete: bool


def replay_item(*, actor: Actor, item_id: UUID) -> None:
    """Give a dead item to the model again, with all the attempts that a new one has."""
    require(actor, Capability.LEAD_QUEUES)
    with transaction.atomic(savepoint=False):
        rows = fetch(_REPLAY_ONE_SQL, audit.parameters(actor) | {"item": item_id})
        if not rows:
            raise _not_dead(actor, item_id)
        _wake(actor, rows[0]["workflow_id"])


def send_to_people(*, actor: Actor, item_id: UUID) -> None:
    """Give a dead item to people, as if its model had failed under a policy that asks them."""
    require(actor, Capability.LEAD_QUEUES)
    row = fetch_one(_STATE_SQL, {"item": item_id})
    if row is None or row["state"] != ItemState.DEAD:
        raise _not_dead(actor, item_id)
    workflow = workflow_by_id(row["workflow_id"])
    if workflow is None:
        raise _not_dead(actor, item_id)
    moved, refused = move_to_people(actor=actor, workflow=workflow, sql=DEAD_ONE_SQL, facts={"item": item_id})
    if refused:
        raise ConflictError(detail=f"The item can't be given to people: {refused[0][1]}", extra={"item": str(item_id)})
    if not moved:
        raise _not_dead(actor, item_id)


def withdraw_dead(*, actor: Actor, item_id: UUID) -> None:
    """Withdraw a dead item: nobody is to answer it any more."""
    require(actor, Capability.LEAD_QUEUES)
    is_withheld = is_withheld_from(actor, item_id)
    try:
        withdraw_item(actor=actor, item_id=item_id, only_from={ItemState.DEAD})
    except ConflictError as refusal:
        raise (ConflictError(detail=_(_WITHHELD)) if is_withheld else refusal) from None


def replay_all(
    *, actor: Actor, workflow: WorkflowFacts, failure: str | None = None, budget_s: float = _BUDGET_S
) -> Emptied:
    """Give a workflow's dead items (all, or those of one failure) to the model again; call it outside of a transaction."""

    def replay(batch: Batch) -> tuple[list[UUID], int]:
        rows = fetch(_REPLAY_BATCH_SQL, audit.parameters(actor) | batch.parameters())
        if rows:
            _wake(actor, workflow.id)
        return [row["id"] for row in rows], 0

    return _empty(actor, Batch(workflow.id, failure), replay, budget_s)


def send_all_to_people(
    *, actor: Actor, workflow: WorkflowFacts, failure: str | None = None, budget_s: float = _BUDGET_S
) -> Emptied:
    """Give a workflow's dead items (all, or those of one failure) to people; call it outside of a transaction."""

    def send(batch: Batch) -> tuple[list[UUID], int]:
        moved, refused = move_to_people(actor=actor, workflow=workflow, sql=DEAD_BATCH_SQL, facts=batch.parameters())
        return moved + [item_id for item_id, _error in refused], len(refused)

    return _empty(actor, Batch(workflow.id, failure), send, budget_s)


def _empty(actor: Actor, batch: Batch, move: Callable[[Batch], tuple[list[UUID], int]], budget_s: float) -> Emptied:
    """Move batch after batch in the order of ids, each in its transaction, so that every item is met once at most."""
    require(actor, Capability.LEAD_QUEUES)
    deadline = time.monotonic() + budget_s
    total = refusals = 0
    while True:
        with transaction.atomic():
            enter_workspace(actor.workspace_id)
            met, refused = move(batch)
        total += len(met) - refused
        refusals += refused
        if not met:
            return Emptied(total, refusals, is_complete=True)
        batch = batch.behind(max(met))
        if time.monotonic() > deadline:
            return Emptied(total, refusals, is_complete=False)


def _not_dead(actor: Actor, item_id: UUID) -> ConflictError | NotFoundError:
    row = fetch_one(_STATE_SQL, {"item": item_id})
    if row is None:
        return NotFoundError(detail=_("There is no such item."), extra={"item": str(item_id)})
    if is_withheld_from(actor, item_id):
        return ConflictError(detail=_(_WITHHELD))
    return ConflictError(
        detail=f"The item is {row['state']}: only a dead one can be dealt with so.", extra={"state": row["state"]}
    )


def _wake(actor: Actor, workflow_id: UUID) -> None:
    wakeups.announce(PREDICT_TASK, workspace_id=str(actor.workspace_id), workflow_id=str(workflow_id))

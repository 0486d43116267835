"""Predict and route: claim received items, call the model once for all, then move them in one transaction."""

import json
import time
from typing import Any
from uuid import UUID

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import Error, connection, transaction

from governance import failpoints, stopping, wakeups
from governance.domain import system_actor
from governance.selectors.scope import enter_workspace
from governance.selectors.workspaces import draw_key
from review.domain.losses import BATCH, LossCause
from review.services.finish import finish_batch
from review.services.intake import PREDICT_TASK
from review.services.losses import lose
from review.services.received import Held, claim_received, hand_back
from routing.domain.policy import Policy, parse_policy
from routing.selectors.contracts import contract_facts
from routing.selectors.restrictions import running_restrictions
from routing.selectors.workflows import workflow_by_id
from routing.services.predict import longest_call_s, predict_items
from routing.services.record import RoutingInput
from routing.services.router import Router

log = structlog.get_logger(__name__)

_BUDGET_S = 60
# What a batch may take beside the model's answer; a batch that a killed worker held is free again that much later.
_FINISH_S = 20.0
_LET_GO_WAITS_S = (0.0, 0.5, 2.0, 4.0)


def process_received(*, workspace_id: UUID, workflow_id: UUID, budget_s: float = _BUDGET_S) -> int:
    """Predict and route what the workflow has received; return how many items were moved.

    Works batch by batch until nothing is left, the time budget is spent, or the process is to stop, and then wakes the next
    worker. A first full batch means that more is waiting: it wakes one more worker, which does the same, until all are at it.
    """
    moved = 0
    deadline = time.monotonic() + budget_s
    has_called_help = False
    while not stopping.is_requested() and (claimed := _process_batch(workspace_id, workflow_id)):
        moved += claimed
        is_over = time.monotonic() > deadline
        if is_over or (claimed == BATCH and not has_called_help):
            has_called_help = True
            _wake(workspace_id, workflow_id)
        if is_over:
            break
    if stopping.is_requested():
        _wake(workspace_id, workflow_id)
    return moved


def _process_batch(workspace_id: UUID, workflow_id: UUID) -> int:
    actor = system_actor(workspace_id)
    with transaction.atomic():
        enter_workspace(workspace_id)
        workflow = workflow_by_id(workflow_id)
        if workflow is None or not workflow.is_active or workflow.contract_id is None:
            return 0
        key = draw_key()
        lease_s = longest_call_s(workflow) + _FINISH_S
        rows = claim_received(workflow_id=workflow_id, is_demo=key.is_demo, lease_s=lease_s)
        restrictions = running_restrictions(workflow_id)
        labels = contract_facts(workflow.contract_id).labels
    if not rows:
        return 0
    failpoints.reach("predict.claimed")
    try:
        predicted = predict_items(workflow=workflow, labels=labels, items=[routing_input(row) for row in rows.values()])
        failpoints.reach("predict.answered")
        router = Router(
            workflow=workflow,
            policy=parse_policy(workflow.policy_body) if workflow.policy_body else Policy(queue=""),
            labels=labels,
            draw_key=key.secret,
            restrictions=restrictions,
            candidate=parse_policy(workflow.candidate_body) if workflow.candidate_body else None,
        )
        finish_batch(actor=actor, workflow=workflow, rows=rows, routed=router.route(predicted), router=router)
    except BaseException as error:
        _let_go(workspace_id, rows, error)
        _wake(workspace_id, workflow_id)
        raise
    failpoints.reach("predict.finished")
    return len(rows)


def routing_input(row: dict[str, Any]) -> RoutingInput:
    """Return what routing knows of a claimed row."""
    return RoutingInput(
        item_id=row["id"],
        attempt=row["attempts"],
        payload=json.loads(row["body"]),
        value=row["value"],
        flags=tuple(row["flags"]),
        segment=row["segment"],
        predictions=json.loads(row["predictions"]) if row["predictions"] else None,
        occurred_at=row["occurred_at"],
    )


def _let_go(workspace_id: UUID, rows: Held, error: BaseException) -> None:
    """Free at once what this worker holds and has not finished; what can't be freed now, its lease frees later.

    A worker that is told to stop hands its items back as if it had never had them. Everything else may be an item's
    doing, even a connection that broke, so it is a loss: the items come back in smaller company.
    """
    log.warning("batch_let_go", items=len(rows), error=f"{type(error).__name__}: {error}")
    actor = system_actor(workspace_id)
    is_told_to_stop = stopping.is_requested() or not isinstance(error, Exception)
    for wait_s in _LET_GO_WAITS_S:
        time.sleep(wait_s)
        try:
            if is_told_to_stop:
                hand_back(actor=actor, rows=rows)
            else:
                cause = LossCause.TOO_SLOW if isinstance(error, SoftTimeLimitExceeded) else LossCause.WORKER_LOST
                lose(actor=actor, rows=rows, cause=cause, detail=f"{type(error).__name__}: {error}")
        except Error as failure:
            log.warning("batch_not_let_go", error=str(failure).strip())
            if not connection.in_atomic_block:
                connection.close()
        else:
            return


def _wake(workspace_id: UUID, workflow_id: UUID) -> None:
    wakeups.announce_now(PREDICT_TASK, workspace_id=str(workspace_id), workflow_id=str(workflow_id))

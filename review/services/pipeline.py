"""Predict and route: claim received items, call the model once for all, then move them in one transaction."""

import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from governance import metrics, wakeups
from governance.domain import Actor, system_actor
from governance.selectors.scope import enter_workspace
from governance.selectors.workspaces import draw_key
from governance.services import audit
from governance.statements import fetch
from review.domain import actions
from review.services.intake import PREDICT_TASK
from review.services.routing_rows import MOVE_SQL, move_columns
from routing.domain.policy import Policy, parse_policy
from routing.selectors.contracts import contract_facts
from routing.selectors.restrictions import running_restrictions
from routing.selectors.workflows import WorkflowFacts, workflow_by_id
from routing.services.predict import predict_items
from routing.services.record import Routed, RoutingInput, record_routing, route_items

BATCH = 256
_LEASE_S = 120
_BUDGET_S = 60
_BACKOFF_S = (5, 30, 120, 600, 1800)

_CLAIM_SQL = """
WITH due AS MATERIALIZED (
    SELECT id FROM review_item
     WHERE workflow_id = %(workflow)s::uuid AND state = 'received' AND available_at <= now()
     ORDER BY available_at, id
       FOR UPDATE SKIP LOCKED
     LIMIT %(batch)s::int
)
UPDATE review_item i
   SET state = 'predicting', fence = i.fence + 1, attempts = i.attempts + 1, lease_until = now() + make_interval(secs => %(lease)s::int)
  FROM due JOIN review_itempayload p ON p.item_id = due.id
 WHERE i.id = due.id
RETURNING i.id, i.fence, i.attempts, i.contract_id, i.value, i.flags, i.segment, i.priority, p.body, p.predictions,
          CASE WHEN %(demo)s::bool THEN i.occurred_at END AS occurred_at"""

_STILL_OURS_SQL = """
SELECT i.id FROM review_item i JOIN unnest(%(ids)s::uuid[], %(fences)s::int8[]) AS t (id, fence) ON i.id = t.id
 WHERE i.fence = t.fence AND i.state = 'predicting'
 ORDER BY i.id FOR UPDATE OF i"""

_POSTPONE_SQL = f"""
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::uuid[], %(fences)s::int8[], %(states)s::text[], %(delays)s::float8[], %(errors)s::text[],
                         %(actions)s::text[], %(bodies)s::bytea[])
           AS t (id, fence, state, delay_s, error, action, body)
), moved AS (
    UPDATE review_item i
       SET state = input.state, lease_until = NULL, last_error = input.error, event_count = i.event_count + 1,
           available_at = now() + make_interval(secs => input.delay_s)
      FROM input WHERE i.id = input.id AND i.fence = input.fence AND i.state = 'predicting'
    RETURNING i.id, i.event_count
), events AS (
    SELECT 'item' AS stream_kind, moved.id AS stream_id, moved.event_count AS stream_seq, input.action,
           NULL::timestamptz AS occurred_at, input.body
      FROM moved JOIN input ON input.id = moved.id
), {audit.APPEND_SQL}
SELECT id FROM moved"""  # noqa: S608 - composed of constants


def process_received(*, workspace_id: UUID, workflow_id: UUID, budget_s: float = _BUDGET_S) -> int:
    """Predict and route what the workflow has received; return how many items were moved.

    Works batch by batch until nothing is left or the time budget is spent, and then wakes the next worker. A first full
    batch means that more is waiting: it wakes one more worker, which does the same, until all are at it.
    """
    moved = 0
    deadline = time.monotonic() + budget_s
    has_called_help = False
    while claimed := _process_batch(workspace_id, workflow_id):
        moved += claimed
        is_over = time.monotonic() > deadline
        if is_over or (claimed == BATCH and not has_called_help):
            has_called_help = True
            wakeups.announce_now(PREDICT_TASK, workspace_id=str(workspace_id), workflow_id=str(workflow_id))
        if is_over:
            break
    return moved


def _process_batch(workspace_id: UUID, workflow_id: UUID) -> int:
    actor = system_actor(workspace_id)
    with transaction.atomic():
        enter_workspace(workspace_id)
        workflow = workflow_by_id(workflow_id)
        if workflow is None or not workflow.is_active or workflow.contract_id is None:
            return 0
        key = draw_key()
        claimed = fetch(
            _CLAIM_SQL,
            {"workflow": workflow_id, "batch": BATCH, "lease": _LEASE_S, "demo": key.is_demo},
        )
        restrictions = running_restrictions(workflow_id)
        labels = contract_facts(workflow.contract_id).labels
    if not claimed:
        return 0
    predicted = predict_items(workflow=workflow, labels=labels, items=[_input(row) for row in claimed])
    routed = route_items(
        workflow=workflow,
        policy=parse_policy(workflow.policy_body) if workflow.policy_body else Policy(queue=""),
        labels=labels,
        draw_key=key.secret,
        restrictions=restrictions,
        predicted=predicted,
    )
    with transaction.atomic():
        enter_workspace(workspace_id)
        _finish(actor, workflow, {row["id"]: row for row in claimed}, routed)
    return len(claimed)


def _input(row: dict[str, Any]) -> RoutingInput:
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


def _finish(actor: Actor, workflow: WorkflowFacts, rows: dict[UUID, dict[str, Any]], routed: Sequence[Routed]) -> None:
    """Move the items that are still ours under their fence; others have passed to another worker."""
    ours = {
        row["id"]
        for row in fetch(_STILL_OURS_SQL, {"ids": list(rows), "fences": [row["fence"] for row in rows.values()]})
    }
    routed = [one for one in routed if one.item.item_id in ours]
    waiting = [one for one in routed if one.prediction.failure and workflow.waits_on_failure]
    ready = [one for one in routed if not (one.prediction.failure and workflow.waits_on_failure)]
    if waiting:
        fetch(_POSTPONE_SQL, audit.parameters(actor) | _postponed(workflow, rows, waiting))
    if not ready:
        return
    record_routing(actor=actor, workflow=workflow, routed=ready)
    fetch(MOVE_SQL, audit.parameters(actor) | move_columns(workflow=workflow, rows=rows, routed=ready))
    for one in ready:
        metrics.ITEMS_ROUTED.labels(workflow.key, one.routing.disposition).inc()


def _postponed(workflow: WorkflowFacts, rows: dict[UUID, dict[str, Any]], waiting: Sequence[Routed]) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {
        name: [] for name in ("ids", "fences", "states", "delays", "errors", "actions", "bodies")
    }
    for one in waiting:
        attempt = one.item.attempt
        is_last = attempt >= workflow.max_attempts
        action = actions.ITEM_DIED if is_last else actions.ITEM_POSTPONED
        columns["ids"].append(one.item.item_id)
        columns["fences"].append(rows[one.item.item_id]["fence"])
        columns["states"].append("dead" if is_last else "received")
        columns["delays"].append(float(_BACKOFF_S[min(attempt, len(_BACKOFF_S)) - 1]))
        columns["errors"].append(f"{one.prediction.failure}: {one.prediction.detail}"[:300])
        columns["actions"].append(action)
        columns["bodies"].append(audit.body(action, {"attempt": attempt, "failure": one.prediction.failure}))
    return columns

"""Carrying out what was routed: the whole batch in one transaction, or in halves where an item stands in its way."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from governance import metrics
from governance.domain import Actor
from governance.selectors.scope import enter_workspace
from governance.services import audit
from governance.statements import fetch
from review.domain.losses import LossCause
from review.services.halving import in_halves
from review.services.losses import told
from review.services.postpone import Postponed, postpone
from review.services.received import STILL_HELD_SQL, Held, held_parameters
from review.services.routing_rows import MOVE_SQL, move_columns
from routing.selectors.workflows import WorkflowFacts
from routing.services.record import Routed, record_routing
from routing.services.router import Router

log = structlog.get_logger(__name__)


def finish_batch(
    *,
    actor: Actor,
    workflow: WorkflowFacts,
    rows: dict[UUID, dict[str, Any]],
    routed: Sequence[Routed],
    router: Router,
) -> None:
    """Move the items that are still ours under their fence; others have passed to another worker.

    Limits on automation are looked at once more in the transaction that moves the items, so that a stop that has been
    committed binds them, however long the model took.
    An unforeseen error halves the batch until the item is alone that can't be carried out. It waits with the error and
    dies of it in the end; the others go their way. Where the database itself is away, that error is raised.
    """

    def carry_out(part: Sequence[Routed]) -> None:
        with transaction.atomic():
            enter_workspace(actor.workspace_id)
            _finish(actor, workflow, rows, router.settled(part))

    refused = in_halves(routed, carry_out)
    if not refused:
        return
    first, error = refused[0]
    item = str(first.item.item_id)
    log.error("items_not_carried_out", workflow=workflow.key, items=len(refused), item=item, exc_info=error)
    with transaction.atomic():
        enter_workspace(actor.workspace_id)
        ours = _still_held({one.item.item_id: rows[one.item.item_id] for one, _error in refused})
        culprits = [_culprit(workflow, rows, one, error) for one, error in refused if one.item.item_id in ours]
        if culprits:
            postpone(actor=actor, postponed=culprits)


def _still_held(rows: Held) -> set[UUID]:
    """Lock and return what of the rows is still this worker's."""
    return {row["id"] for row in fetch(STILL_HELD_SQL, held_parameters(rows))}


def _finish(actor: Actor, workflow: WorkflowFacts, rows: dict[UUID, dict[str, Any]], routed: Sequence[Routed]) -> None:
    ours = _still_held({one.item.item_id: rows[one.item.item_id] for one in routed})
    routed = [one for one in routed if one.item.item_id in ours]
    waiting = [one for one in routed if one.prediction.failure and workflow.waits_on_failure]
    ready = [one for one in routed if not (one.prediction.failure and workflow.waits_on_failure)]
    if waiting:
        postpone(actor=actor, postponed=[_failed(workflow, rows, one) for one in waiting])
    if not ready:
        return
    record_routing(actor=actor, workflow=workflow, routed=ready)
    fetch(MOVE_SQL, audit.parameters(actor) | move_columns(workflow=workflow, rows=rows, routed=ready))
    for disposition, count in Counter(one.routing.disposition for one in ready).items():
        metrics.ITEMS_ROUTED.labels(workflow.key, disposition).inc(count)


def _failed(workflow: WorkflowFacts, rows: dict[UUID, dict[str, Any]], one: Routed) -> Postponed:
    failure = one.prediction.failure or ""
    return _postponed(workflow, rows[one.item.item_id], failure, told(failure, one.prediction.detail))


def _culprit(workflow: WorkflowFacts, rows: dict[UUID, dict[str, Any]], one: Routed, error: Exception) -> Postponed:
    failure = LossCause.UNROUTABLE.value
    return _postponed(workflow, rows[one.item.item_id], failure, told(failure, f"{type(error).__name__}: {error}"))


def _postponed(workflow: WorkflowFacts, row: dict[str, Any], failure: str, error: str) -> Postponed:
    counted = row["attempts"] - row["attempts_forgiven"]
    return Postponed(
        item_id=row["id"],
        fence=row["fence"],
        attempt=row["attempts"],
        counted=counted,
        is_last=counted >= workflow.max_attempts,
        failure=failure,
        error=error,
    )

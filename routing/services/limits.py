"""Limits on automation that follow from what was measured: a spent budget, drift, no certificate."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.domain import Actor, Capability
from governance.services import audit
from governance.services.rights import require
from routing import actions
from routing.models import RestrictionCause, RestrictionEffect, Workflow
from routing.selectors.workflows import WorkflowFacts
from routing.services.limit_rows import (
    Part,
    begin_limit,
    end_limit,
    own_automation,
    reason_said,
    running_limit,
    time_now,
)
from routing.services.rows import lock_workflow


@dataclass(frozen=True, slots=True)
class Limited:
    """A running limit: from when on, and whether it is this call's or ran as it is before."""

    id: UUID
    since: datetime
    is_new: bool


def limit(
    *,
    actor: Actor,
    workflow: Workflow | WorkflowFacts,
    cause: RestrictionCause,
    effect: RestrictionEffect,
    reason: str,
    segment: str = "",
    value_above: float | None = None,
    min_threshold: float | None = None,
) -> Limited:
    """Limit the automation of a workflow or a part of it from the moment this commits.

    A cause has one limit at a time for each part: the same again changes nothing, another effect or threshold takes its place.
    """
    said = reason_said(reason)
    if (effect == RestrictionEffect.MIN_THRESHOLD) != (min_threshold is not None):
        raise ValueError("A threshold belongs to the limit that raises it, and to no other.")
    part = Part(RestrictionCause(cause).value, segment, value_above)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        asked_at = time_now()
        locked = lock_workflow(workflow.id)
        own_automation(locked.id)
        running = running_limit(locked, part)
        if running is not None and (running["effect"], running["min_threshold"]) == (str(effect), min_threshold):
            return Limited(running["id"], running["since"], is_new=False)
        if running is not None:
            end_limit(locked, part)
        row = begin_limit(locked, part, reason=said, since=asked_at, effect=effect, min_threshold=min_threshold)
        if row is None:
            raise AssertionError("a limit begins under the lock that keeps others waiting")
        audit.record(
            actor=actor,
            action=actions.WORKFLOW_LIMITED,
            stream=("workflow", locked.id),
            data=_told(locked, part, row["id"])
            | {
                "effect": str(effect),
                "min_threshold": min_threshold,
                "reason": said,
                "before": str(running["id"]) if running else None,
            },
            occurred_at=asked_at,
        )
        return Limited(row["id"], row["since"], is_new=True)


def lift(
    *,
    actor: Actor,
    workflow: Workflow | WorkflowFacts,
    cause: RestrictionCause,
    reason: str,
    segment: str = "",
    value_above: float | None = None,
) -> bool:
    """End the cause's running limit of the workflow or the part; tell whether there was one."""
    said = reason_said(reason)
    part = Part(RestrictionCause(cause).value, segment, value_above)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        row = end_limit(locked, part)
        if row is None:
            return False
        audit.record(
            actor=actor,
            action=actions.WORKFLOW_LIMIT_LIFTED,
            stream=("workflow", locked.id),
            data=_told(locked, part, row["id"]) | {"reason": said},
        )
        return True


def _told(workflow: Workflow, part: Part, restriction_id: UUID) -> dict[str, object]:
    return {
        "key": workflow.key,
        "cause": part.cause,
        "segment": part.segment,
        "value_above": part.value_above,
        "restriction": str(restriction_id),
    }

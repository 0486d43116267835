"""Stopping a workflow's automation at once, and letting it go on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, Capability, ConflictError
from governance.services import audit
from governance.services.rights import require
from routing import actions
from routing.domain.policy import Restriction as PolicyRestriction
from routing.models import RestrictionCause, Workflow
from routing.selectors.restrictions import running_restrictions
from routing.selectors.workflows import WorkflowFacts
from routing.services.limit_rows import (
    REASON_LENGTH,
    Part,
    ReasonMissingError,
    begin_limit,
    end_limit,
    own_automation,
    reason_said,
    running_limit,
    share_automation,
    time_now,
)
from routing.services.rows import lock_workflow

__all__ = [
    "REASON_LENGTH",
    "NotStoppedError",
    "ReasonMissingError",
    "Stop",
    "binding_restrictions",
    "resume_automation",
    "stop_automation",
]

_STOP = Part(RestrictionCause.STOP.value)


class NotStoppedError(ConflictError):
    """Nobody has stopped the workflow's automation."""

    code = "not_stopped"
    title = gettext_noop("The workflow's automation is not stopped")


@dataclass(frozen=True, slots=True)
class Stop:
    """A running stop: from when on, and whether it is this call's or was there before."""

    id: UUID
    since: datetime
    is_new: bool


def stop_automation(*, actor: Actor, workflow: Workflow | WorkflowFacts, reason: str) -> Stop:
    """Send everything of the workflow to people from the moment this commits; stopping again changes nothing.

    `since` is when it was asked for, before the batches that were being finished were waited for: what these still
    accepted is recorded after it, and so can be measured.
    """
    said = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.LEAD_QUEUES)
        asked_at = time_now()
        locked = lock_workflow(workflow.id)
        own_automation(locked.id)
        running = running_limit(locked, _STOP)
        if running is not None:
            return Stop(running["id"], running["since"], is_new=False)
        row = begin_limit(locked, _STOP, reason=said, since=asked_at)
        if row is None:
            raise AssertionError("a stop begins under the lock that keeps others waiting")
        audit.record(
            actor=actor,
            action=actions.WORKFLOW_STOPPED,
            stream=("workflow", locked.id),
            data={"key": locked.key, "reason": said, "restriction": str(row["id"])},
            occurred_at=asked_at,
        )
        return Stop(row["id"], row["since"], is_new=True)


def resume_automation(*, actor: Actor, workflow: Workflow | WorkflowFacts, reason: str) -> datetime:
    """Let the workflow's policy decide again and return from when on; what went to people meanwhile stays with them."""
    said = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        row = end_limit(locked, _STOP)
        if row is None:
            raise NotStoppedError(
                _("Nobody has stopped the automation of “%(name)s”.") % {"name": locked.name},
                extra={"workflow": locked.key},
            )
        audit.record(
            actor=actor,
            action=actions.WORKFLOW_RESUMED,
            stream=("workflow", locked.id),
            data={"key": locked.key, "reason": said, "restriction": str(row["id"])},
        )
        lifted_at: datetime = row["lifted_at"]
        return lifted_at


def binding_restrictions(workflow_id: UUID) -> list[PolicyRestriction]:
    """Return what limits the workflow's automation, and keep new limits waiting until the caller's transaction ends."""
    share_automation(workflow_id)
    return running_restrictions(workflow_id)

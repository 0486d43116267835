"""Stopping a workflow's automation at once, and letting it go on.

A batch that was routed before a stop must not be accepted after it. Whoever carries routing decisions out holds a shared
lock of the workflow's automation and reads its limits under it; whoever adds a limit takes that lock for itself, and so
waits for the batches that are being finished and is seen by all later ones.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, ConflictError, InvalidError, uuid7
from governance.services import audit
from governance.services.rights import require
from governance.statements import fetch, fetch_one
from routing import actions
from routing.domain.policy import Restriction as PolicyRestriction
from routing.models import Workflow
from routing.selectors.restrictions import running_restrictions
from routing.selectors.workflows import WorkflowFacts
from routing.services.rows import lock_workflow

REASON_LENGTH = 300

_KEY = "hashtextextended('automation:' || %(workflow)s::uuid::text, 0)"
_SHARE_SQL = f"SELECT pg_advisory_xact_lock_shared({_KEY})"
_OWN_SQL = f"SELECT pg_advisory_xact_lock({_KEY})"
_NOW_SQL = "SELECT clock_timestamp() AS at"

_STOP_SQL = """
INSERT INTO routing_restriction (id, workspace_id, workflow_id, segment, effect, cause, reason, since)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(workflow)s::uuid, '', 'people', 'stop', %(reason)s::text, %(since)s::timestamptz)
ON CONFLICT (workflow_id, segment) WHERE cause = 'stop' AND lifted_at IS NULL DO NOTHING
RETURNING id, since"""

_RUNNING_SQL = """
SELECT id, since, reason FROM routing_restriction
 WHERE workflow_id = %(workflow)s::uuid AND cause = 'stop' AND segment = '' AND lifted_at IS NULL"""

_LIFT_SQL = """
UPDATE routing_restriction SET lifted_at = clock_timestamp()
 WHERE workflow_id = %(workflow)s::uuid AND cause = 'stop' AND lifted_at IS NULL
RETURNING id, since, lifted_at"""


class ReasonMissingError(InvalidError):
    """A stop or its end without a reason."""

    code = "reason_missing"
    title = "Say why"


class NotStoppedError(ConflictError):
    """Nobody has stopped the workflow's automation."""

    code = "not_stopped"
    title = "The workflow's automation is not stopped"


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
    said = _said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.LEAD_QUEUES)
        asked_at = fetch(_NOW_SQL, {})[0]["at"]
        locked = lock_workflow(workflow.id)
        fetch(_OWN_SQL, {"workflow": locked.id})
        row = fetch_one(
            _STOP_SQL,
            {
                "id": uuid7(),
                "workspace": locked.workspace_id,
                "workflow": locked.id,
                "reason": said,
                "since": asked_at,
            },
        )
        if row is None:
            running = fetch(_RUNNING_SQL, {"workflow": locked.id})[0]
            return Stop(running["id"], running["since"], is_new=False)
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
    said = _said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        row = fetch_one(_LIFT_SQL, {"workflow": locked.id})
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
    fetch(_SHARE_SQL, {"workflow": workflow_id})
    return running_restrictions(workflow_id)


def _said(reason: str) -> str:
    said = " ".join(reason.split())
    if not said:
        raise ReasonMissingError(_("Say why in a few words."), extra={"field": "reason"})
    if len(said) > REASON_LENGTH:
        detail = _("At most %(most)d characters are kept as the reason.") % {"most": REASON_LENGTH}
        raise InvalidError(detail, extra={"field": "reason"})
    return said

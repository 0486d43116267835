"""Making workflows, changing how they behave, and letting them take items or not."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance import wakeups
from governance.domain import Actor, Capability, ConflictError
from governance.services import audit
from governance.services.editing import put
from governance.services.rights import require
from routing import actions
from routing.models import Fallback, Workflow, WorkflowState
from routing.services.policies import read_policy
from routing.services.rows import ConfigurationError, labels_in_force, lock_workflow, refused

CHANGEABLE = frozenset(
    {
        "name",
        "draw_rate",
        "hold_s",
        "fallback",
        "escalation_role",
        "escalation_queue",
        "max_attempts",
        "items_per_s",
        "uncertified",
    },
)

_UNCHECKED = ("workspace", "contract", "model_version", "policy_version", "candidate_version")


class KeyTakenError(ConflictError):
    """Another one in this workspace has the key."""

    code = "key_taken"
    title = gettext_noop("Another one in this workspace has this key")


class IncompleteWorkflowError(ConflictError):
    """The workflow lacks something that it needs to take items."""

    code = "workflow_incomplete"
    title = gettext_noop("The workflow is not complete")


def create_workflow(*, actor: Actor, key: str, name: str, **settings: Any) -> Workflow:
    """Store a workflow as a draft: it takes no items yet."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        workflow = Workflow(workspace_id=actor.workspace_id, key=key, name=name)
        put(workflow, settings, changeable=CHANGEABLE, unchecked=_UNCHECKED, refusal=ConfigurationError)
        if Workflow.objects.filter(key=key).exists():
            raise KeyTakenError(extra={"field": "key"})
        workflow.save(force_insert=True)
        audit.record(
            actor=actor,
            action=actions.WORKFLOW_CREATED,
            stream=("workflow", workflow.id),
            data={"key": key, "name": name},
        )
        return workflow


def change_workflow(*, actor: Actor, workflow: Workflow, **settings: Any) -> Workflow:
    """Change settings of a workflow (those in CHANGEABLE); the trail keeps what was before and after."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        changes = put(locked, settings, changeable=CHANGEABLE, unchecked=_UNCHECKED, refusal=ConfigurationError)
        if not changes:
            return locked
        if locked.state != WorkflowState.DRAFT and not (locked.fallback and locked.escalation_role):
            field = "escalation_role" if locked.fallback else "fallback"
            raise refused(field, _("A workflow that takes items keeps its fallback and escalation role."))
        locked.save(update_fields=list(changes))
        audit.record(
            actor=actor,
            action=actions.WORKFLOW_CHANGED,
            stream=("workflow", locked.id),
            data={"changes": changes},
        )
        return locked


def activate_workflow(*, actor: Actor, workflow: Workflow, queue_keys: Collection[str]) -> Workflow:
    """Let the workflow take items; `queue_keys` are the queues that it can send to."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        if locked.state == WorkflowState.ACTIVE:
            return locked
        missing = _missing(locked, queue_keys)
        if missing:
            detail = _("Before it can take items it needs: %(missing)s.") % {"missing": ", ".join(missing)}
            raise IncompleteWorkflowError(detail, extra={"missing": missing})
        if locked.policy_version:
            read_policy(locked.policy_version.body, labels=labels_in_force(locked), queue_keys=queue_keys)
        locked.state = WorkflowState.ACTIVE
        locked.save(update_fields=["state"])
        audit.record(
            actor=actor,
            action=actions.WORKFLOW_ACTIVATED,
            stream=("workflow", locked.id),
            data={
                "contract": str(locked.contract_id),
                "policy": str(locked.policy_version_id) if locked.policy_version_id else None,
                "model": str(locked.model_version_id) if locked.model_version_id else None,
            },
        )
        # By name: what arrived before a pause waits for its model.
        wakeups.announce(
            "review.tasks.predict_items",
            workspace_id=str(locked.workspace_id),
            workflow_id=str(locked.id),
        )
        return locked


def pause_workflow(*, actor: Actor, workflow: Workflow) -> Workflow:
    """Let the workflow take no more items; what people have before them stays."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        if locked.state != WorkflowState.ACTIVE:
            raise ConflictError(_("Only an active workflow can be paused."))
        locked.state = WorkflowState.PAUSED
        locked.save(update_fields=["state"])
        audit.record(actor=actor, action=actions.WORKFLOW_PAUSED, stream=("workflow", locked.id), data={})
        return locked


def _missing(workflow: Workflow, queue_keys: Collection[str]) -> list[str]:
    needs = {
        _("a fallback"): workflow.fallback in Fallback.values,
        _("an escalation role"): bool(workflow.escalation_role),
        _("a contract"): workflow.contract_id is not None,
        _("a queue"): bool(queue_keys),
        _("the queue “%(key)s” for escalations") % {"key": workflow.escalation_queue}: (
            workflow.escalation_queue in queue_keys
        ),
    }
    return [name for name, is_there in needs.items() if not is_there]

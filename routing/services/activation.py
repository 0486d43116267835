"""Activating a version without a proposal: setting up, and where nobody has to approve."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, Capability
from governance.services.rights import require
from routing.models import PolicyVersion, ProposalKind, Workflow, WorkflowState
from routing.selectors.proposals import approval_is_asked
from routing.services.in_force import at_once
from routing.services.limit_rows import REASON_LENGTH
from routing.services.policies import access_policy_version, read_policy
from routing.services.release_errors import AnotherStagedError, ApprovalNeededError
from routing.services.release_rows import lock_staged
from routing.services.rows import labels_in_force, lock_workflow


def activate_policy_version(
    *, actor: Actor, version: PolicyVersion, queue_keys: Collection[str], reason: str = ""
) -> Workflow:
    """Route by this version from now on; it is checked again, since labels and queues may have changed.

    Where a second person approves policies this is for setting up alone: a workflow that has not taken items yet.
    """
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        version = access_policy_version(version.id)
        locked = lock_workflow(version.policy.workflow_id)
        if locked.policy_version_id == version.id:
            return locked
        if locked.state != WorkflowState.DRAFT and approval_is_asked():
            detail = _(
                "In this workspace a second person approves policies. Propose %(version)s on the page “Versions” of "
                "“%(workflow)s”; another owner approves it there, and then it can come into force."
            )
            raise ApprovalNeededError(detail % {"version": version, "workflow": locked.name})
        staged = lock_staged(locked.id)
        if staged is not None:
            detail = _("%(version)s is staged at the moment. Put it in force or roll it back first.")
            raise AnotherStagedError(detail % {"version": staged.proposal.version})
        read_policy(version.body, labels=labels_in_force(locked), queue_keys=queue_keys)
        why = " ".join(reason.split())[:REASON_LENGTH] or version.note or _("Activated without a proposal.")
        at_once(actor=actor, workflow=locked, version=version, kind=ProposalKind.AT_ONCE, reason=why)
        return locked

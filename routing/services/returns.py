"""Going back to a version that was in force before.

Whoever finds that the version in force does harm must not have to look for a colleague. So one owner returns at once to the
version that was in force directly before, even where a second person approves policies: that version has been through whatever
was asked of it, it is what everybody had until then, the reason is on record, and the others are told. It can't be used to walk
around approval: the version before the one returned to is the one that was just left, so that going back again only undoes the
return. Every other earlier version fits other times. Returning to one is a proposal like any change, of its own kind: approved
by a second person where the workspace asks for that, at once where it does not.
"""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, Capability, ConflictError, NotFoundError
from governance.services.rights import require
from routing.models import PolicyProposal, PolicyVersion, ProposalKind, Workflow
from routing.selectors.proposals import approval_is_asked
from routing.selectors.workflows import WorkflowFacts
from routing.services.in_force import at_once, new_proposal, version_before, was_in_force
from routing.services.limit_rows import reason_said
from routing.services.policies import access_policy_version
from routing.services.proposal_notices import tell_others
from routing.services.proposals import announce_proposal
from routing.services.release_errors import NothingChangesError, ProposalStateError
from routing.services.release_rows import Step, lock_staged, read_fitting, require_not_proposed
from routing.services.rows import lock_workflow
from routing.services.taking_back import take_back


class NeverInForceError(ConflictError):
    """The version has not been in force, so there is no way back to it."""

    code = "never_in_force"
    title = gettext_noop("This version has never been in force")


def return_to(
    *, actor: Actor, workflow: Workflow | WorkflowFacts, version: PolicyVersion, reason: str
) -> PolicyProposal:
    """Go back to an earlier version: at once, or as a proposal that waits for approval; the answer's state says which.

    See above for when it is which. A version that is staged is rolled back by a return at once.
    """
    why = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        wanted = access_policy_version(version.id)
        if wanted.policy.workflow_id != locked.id:
            raise NotFoundError
        if wanted.id == locked.policy_version_id:
            raise NothingChangesError(_("%(version)s is in force already.") % {"version": wanted})
        if not was_in_force(wanted):
            detail = _("%(version)s has never been in force. Propose it as a change.")
            raise NeverInForceError(detail % {"version": wanted})
        read_fitting(locked, wanted)
        if _waits_for_others(locked, wanted):
            return _proposed(actor, locked, wanted, why)
        return _returned(actor, locked, wanted, why)


def return_to_before(step: Step, *, actor: Actor, why: str) -> PolicyProposal:
    """Let the version in force give way to the one before it; the proposal that brought it there is locked."""
    before = step.proposal.base_version
    if step.proposal.version_id != step.workflow.policy_version_id:
        raise ProposalStateError(_("Another version is in force by now."), extra={"state": step.proposal.state})
    if before is None:
        raise NeverInForceError(_("No version was in force before this one. Stop the automation instead."))
    read_fitting(step.workflow, before)
    return _returned(actor, step.workflow, before, why)


def _waits_for_others(workflow: Workflow, wanted: PolicyVersion) -> bool:
    before = version_before(workflow)
    return approval_is_asked() and (before is None or before.id != wanted.id)


def _proposed(actor: Actor, workflow: Workflow, wanted: PolicyVersion, why: str) -> PolicyProposal:
    require_not_proposed(wanted)
    proposal = new_proposal(actor=actor, workflow=workflow, version=wanted, kind=ProposalKind.RETURN, reason=why)
    announce_proposal(Step(workflow, proposal), actor=actor)
    return proposal


def _returned(actor: Actor, workflow: Workflow, wanted: PolicyVersion, why: str) -> PolicyProposal:
    staged = lock_staged(workflow.id)
    if staged is not None:
        # On the row that is saved again below, and not on another reading of it.
        take_back(Step(workflow, staged.proposal), actor=actor, why=why)
    step = at_once(actor=actor, workflow=workflow, version=wanted, kind=ProposalKind.RETURN, reason=why)
    tell_others(
        actor=actor,
        proposal=step.proposal,
        sentence=_("%(name)s has returned %(workflow)s to %(version)s at once:"),
    )
    return step.proposal

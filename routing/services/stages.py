"""Stages of a release: a share of the items, all of them, in force, or back again."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, InvalidError
from governance.services.rights import require
from routing import actions
from routing.models import PolicyProposal, ProposalState, Workflow
from routing.selectors.proposals import OPEN_STATES, approval_is_asked
from routing.selectors.workflows import WorkflowFacts
from routing.services.in_force import put_in_force, set_pointers
from routing.services.limit_rows import REASON_LENGTH, reason_said
from routing.services.proposal_notices import tell_proposer
from routing.services.release_errors import AnotherStagedError, ApprovalNeededError
from routing.services.release_rows import Step, lock_proposal, lock_staged, save
from routing.services.returns import return_to_before
from routing.services.rows import ConfigurationError
from routing.services.taking_back import take_back

SHARES = (0.05, 0.25, 1.0)


def stage(*, actor: Actor, proposal_id: UUID, share: float) -> PolicyProposal:
    """Route this share of the items by the proposed version from now on, always the same ones.

    At 100 % it routes everything and can still be rolled back by itself; only `finish` puts it in force. A smaller share than
    before is a step back that keeps the release going.
    """
    if share not in SHARES:
        raise InvalidError(_("A version is staged at 5, 25 or 100 per cent."), extra={"field": "share"})
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        step = _begun(proposal_id)
        proposal, workflow = step.proposal, step.workflow
        if proposal.state == ProposalState.STAGED and workflow.candidate_share == share:
            return proposal
        _require_approval(step)
        before = workflow.candidate_share
        set_pointers(workflow, policy_version=workflow.policy_version, candidate=proposal.version, share=share)
        at = None if proposal.state == ProposalState.STAGED else "staged_at"
        save(proposal, state=ProposalState.STAGED, share=share, at=at)
        step.record(actor, actions.POLICY_STAGED, share=share, before_share=before)
        return proposal


def finish(*, actor: Actor, proposal_id: UUID) -> PolicyProposal:
    """Put the proposed version in force, from whichever stage it has reached."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        step = _begun(proposal_id)
        _require_approval(step)
        put_in_force(step, actor=actor)
        tell_proposer(
            actor=actor,
            proposal=step.proposal,
            sentence=_("%(version)s is in force for %(workflow)s, put there by %(name)s."),
        )
        return step.proposal


def roll_back(*, actor: Actor, workflow: Workflow | WorkflowFacts, reason: str) -> PolicyProposal | None:
    """Take the staged version back at once, and return its proposal; without one nothing is done.

    From the moment this commits no item is accepted by that version: batches that were routed by it are routed again by the
    version in force when they are carried out.
    """
    why = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        step = lock_staged(workflow.id)
        if step is None:
            return None
        take_back(step, actor=actor, why=why)
        return step.proposal


def roll_back_proposal(*, actor: Actor, proposal_id: UUID, reason: str) -> PolicyProposal:
    """Take a staged proposal back; one that is in force already gives way to the version before it, at once."""
    why = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        step = lock_proposal(proposal_id)
        step.require_state(ProposalState.STAGED, ProposalState.FULL)
        if step.proposal.state == ProposalState.FULL:
            return return_to_before(step, actor=actor, why=why)
        take_back(step, actor=actor, why=why)
        return step.proposal


def tend_proposals(*, actor: Actor, workflow: Workflow | WorkflowFacts) -> None:
    """Look after the staged version: it is taken back where its policy no longer fits labels and queues, or its base is gone.

    A contract can come into force that lacks a label which the version names. The version in force is checked when that
    happens; one that is on its way is noticed here.
    """
    if not PolicyProposal.objects.filter(workflow_id=workflow.id, state=ProposalState.STAGED).exists():
        return
    with transaction.atomic(savepoint=False):
        step = lock_staged(workflow.id)
        if step is None:
            return
        if step.proposal.base_version_id != step.workflow.policy_version_id:
            take_back(step, actor=actor, why=_("Another version has come into force beside it."))
            return
        try:
            step.require_fit()
        except ConfigurationError as misfit:
            why = _("It no longer fits the workflow: %(what)s") % {"what": misfit}
            take_back(step, actor=actor, why=why[:REASON_LENGTH])


def _begun(proposal_id: UUID) -> Step:
    """Lock a proposal that can go on: open, on top of what is in force, fitting, and the only one that is staged."""
    step = lock_proposal(proposal_id)
    step.require_state(*OPEN_STATES)
    step.require_base()
    other = PolicyProposal.objects.filter(workflow=step.workflow, state=ProposalState.STAGED).exclude(id=proposal_id)
    staged = other.select_related("version__policy").first()
    if staged is not None:
        detail = _("%(version)s is staged at the moment. Put it in force or roll it back first.")
        raise AnotherStagedError(detail % {"version": staged.version}, extra={"proposal": str(staged.id)})
    step.require_fit()
    return step


def _require_approval(step: Step) -> None:
    """Refuse to go on without a second person where one is asked for; what somebody approved of their own is no approval."""
    if not approval_is_asked():
        return
    proposal = step.proposal
    if proposal.approved_by_id is None or proposal.approved_by_id == proposal.proposed_by_id:
        detail = _("In this workspace a second person approves policies: ask another owner to approve %(version)s.")
        raise ApprovalNeededError(detail % {"version": proposal.version})

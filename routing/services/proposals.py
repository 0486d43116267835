"""Proposals: a version with the reason for it, and what others say to that."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance import strict_json
from governance.domain import Actor, ActorKind, Capability, InvalidError, NotFoundError
from governance.services.rights import require
from routing import actions
from routing.domain.policy_body import parse_policy
from routing.models import PolicyProposal, PolicyVersion, ProposalKind, ProposalState, Replay, Workflow
from routing.selectors.proposals import approval_is_asked
from routing.selectors.queue_source import queue_keys
from routing.selectors.workflows import WorkflowFacts
from routing.services.in_force import new_proposal, was_in_force
from routing.services.limit_rows import reason_said
from routing.services.policies import STANDARD, access_policy_version, add_policy_version, read_policy
from routing.services.proposal_notices import ask_approvers, tell_proposer
from routing.services.proposal_previews import counted
from routing.services.release_errors import (
    NothingChangesError,
    NotYourProposalError,
    OwnProposalError,
    PersonNeededError,
)
from routing.services.release_rows import Step, lock_proposal, read_fitting, require_not_proposed, save
from routing.services.rows import labels_in_force, lock_workflow

MOST_PREVIEW_BYTES = 100_000


def propose(
    *,
    actor: Actor,
    workflow: Workflow | WorkflowFacts,
    reason: str,
    body: Any = None,
    version: PolicyVersion | None = None,
    policy_name: str = "",
    preview: dict[str, Any] | None = None,
    replay_id: UUID | None = None,
) -> PolicyProposal:
    """Propose a version that there is, or a body, which becomes one; nothing is routed by it yet.

    It is a change of the version that is in force now: once another one is, it has to be proposed again. `preview` is what the
    proposer saw of its consequences, and `replay_id` the replay that showed them, for those who are asked; where there is
    neither, the items of the last days are counted.
    """
    why = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        if not preview and replay_id is None:
            preview = counted(workflow, version.body if version else body)
        locked = lock_workflow(workflow.id)
        if preview and len(strict_json.canonical(preview)) > MOST_PREVIEW_BYTES:
            detail = _("A preview has at most %(most)d bytes.") % {"most": MOST_PREVIEW_BYTES}
            raise InvalidError(detail, extra={"field": "preview"})
        if replay_id is not None and not Replay.objects.filter(id=replay_id, workflow=locked).exists():
            raise NotFoundError(_("There is no such replay of this workflow."), extra={"field": "replay"})
        proposed = _known(locked, version) if version else _drafted(actor, locked, body, policy_name, why)
        kind = ProposalKind.RETURN if was_in_force(proposed) else ProposalKind.CHANGE
        proposal = new_proposal(
            actor=actor,
            workflow=locked,
            version=proposed,
            kind=kind,
            reason=why,
            preview=preview,
            replay_id=replay_id,
        )
        announce_proposal(Step(locked, proposal), actor=actor)
        return proposal


def announce_proposal(step: Step, *, actor: Actor) -> None:
    """Write a new proposal into the trail, and ask for approval where a second person approves."""
    base = step.proposal.base_version_id
    step.record(
        actor,
        actions.POLICY_PROPOSED,
        base=str(base) if base else None,
        kind=step.proposal.kind,
        replay=str(step.proposal.replay_id) if step.proposal.replay_id else None,
        reason=step.proposal.reason,
    )
    if approval_is_asked():
        ask_approvers(actor=actor, proposal=step.proposal)


def approve(*, actor: Actor, proposal_id: UUID) -> PolicyProposal:
    """Say that the proposal may come into force; where a second person is asked for, nobody approves their own."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        if actor.kind is not ActorKind.PERSON:
            raise PersonNeededError
        step = lock_proposal(proposal_id)
        step.require_state(ProposalState.PROPOSED)
        step.require_base()
        if step.proposal.proposed_by_id == actor.pseudonym and approval_is_asked():
            raise OwnProposalError(_("You proposed this; in this workspace a second person approves it."))
        step.require_fit()
        save(step.proposal, state=ProposalState.APPROVED, approved_by_id=actor.pseudonym, at="approved_at")
        step.record(actor, actions.POLICY_APPROVED)
        tell_proposer(
            actor=actor,
            proposal=step.proposal,
            sentence=_("%(name)s has approved %(version)s for %(workflow)s. It can be staged now."),
        )
        return step.proposal


def refuse(*, actor: Actor, proposal_id: UUID, reason: str) -> PolicyProposal:
    """Say that the proposal is not to come into force, and why; an approval that was given ends with it."""
    why = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        step = lock_proposal(proposal_id)
        step.require_state(ProposalState.PROPOSED, ProposalState.APPROVED)
        save(step.proposal, state=ProposalState.REFUSED, end_reason=why, at="ended_at")
        step.record(actor, actions.POLICY_REFUSED, reason=why)
        tell_proposer(
            actor=actor,
            proposal=step.proposal,
            sentence=_("%(name)s has refused %(version)s for %(workflow)s:"),
            reason=why,
        )
        return step.proposal


def withdraw(*, actor: Actor, proposal_id: UUID, reason: str = "") -> PolicyProposal:
    """Take one's own proposal back before anything is routed by it."""
    why = reason_said(reason) if reason.strip() else ""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        step = lock_proposal(proposal_id)
        if step.proposal.proposed_by_id != actor.pseudonym:
            raise NotYourProposalError(_("Only who proposed it can withdraw it; others refuse it."))
        step.require_state(ProposalState.PROPOSED, ProposalState.APPROVED)
        save(step.proposal, state=ProposalState.WITHDRAWN, end_reason=why, at="ended_at")
        step.record(actor, actions.POLICY_WITHDRAWN, reason=why)
        return step.proposal


def _known(workflow: Workflow, version: PolicyVersion) -> PolicyVersion:
    known = access_policy_version(version.id)
    if known.policy.workflow_id != workflow.id:
        raise NotFoundError
    if known.id == workflow.policy_version_id:
        raise NothingChangesError(_("%(version)s is in force already.") % {"version": known})
    require_not_proposed(known)
    read_fitting(workflow, known)
    return known


def _drafted(actor: Actor, workflow: Workflow, body: Any, policy_name: str, why: str) -> PolicyVersion:
    """Store the body as the next version of its line: the one in force, unless another is named."""
    in_force, keys = workflow.policy_version, queue_keys(workflow.id)
    name = policy_name or (in_force.policy.name if in_force else STANDARD)
    wanted = read_policy(body, labels=labels_in_force(workflow), queue_keys=keys)
    if in_force is not None and in_force.policy.name == name and parse_policy(in_force.body) == wanted:
        raise NothingChangesError(_("%(version)s in force says the same.") % {"version": in_force})
    return add_policy_version(actor=actor, workflow=workflow, body=body, queue_keys=keys, policy_name=name, note=why)

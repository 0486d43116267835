"""Putting a version in force: the workflow's pointer, the proposals that tell of it, and the trail."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from governance.domain import Actor
from routing import actions
from routing.models import PolicyProposal, PolicyVersion, ProposalKind, ProposalState, Workflow
from routing.services.release_rows import Step, lock_in_force, save


def put_in_force(step: Step, *, actor: Actor) -> None:
    """Route by the proposal's version from now on; both rows are locked, and whatever had to be asked has been.

    Only the pointer of the workflow's row decides what is in force. Batches that are being routed at this moment are carried
    out by the version that they were routed by; what must bind these too is a stop.
    """
    workflow, proposal = step.workflow, step.proposal
    before = workflow.policy_version
    previous = lock_in_force(workflow)
    if previous is not None:
        save(previous, state=ProposalState.REPLACED, at="ended_at")
    set_pointers(workflow, policy_version=proposal.version, candidate=None, share=0)
    save(proposal, state=ProposalState.FULL, share=1, at="in_force_at")
    step.record(
        actor,
        actions.POLICY_ACTIVATED,
        before=str(before.id) if before else None,
        body=proposal.version.body,
        kind=proposal.kind,
        reason=proposal.reason,
    )


def at_once(*, actor: Actor, workflow: Workflow, version: PolicyVersion, kind: ProposalKind, reason: str) -> Step:
    """Put a version in force of a locked workflow without anybody being asked, and keep who did it and why."""
    step = Step(workflow, new_proposal(actor=actor, workflow=workflow, version=version, kind=kind, reason=reason))
    put_in_force(step, actor=actor)
    return step


def new_proposal(
    *,
    actor: Actor,
    workflow: Workflow,
    version: PolicyVersion,
    kind: ProposalKind,
    reason: str,
    preview: dict[str, Any] | None = None,
    replay_id: UUID | None = None,
) -> PolicyProposal:
    """Store a proposal to route a locked workflow by a version instead of the one in force."""
    return PolicyProposal.objects.create(
        workspace_id=workflow.workspace_id,
        workflow=workflow,
        version=version,
        base_version=workflow.policy_version,
        replay_id=replay_id,
        kind=kind,
        preview=preview or {},
        reason=reason,
        proposed_by_id=actor.pseudonym,
    )


def set_pointers(
    workflow: Workflow, *, policy_version: PolicyVersion | None, candidate: PolicyVersion | None, share: float
) -> None:
    """Say on a locked workflow's row which versions items are routed by."""
    workflow.policy_version, workflow.candidate_version, workflow.candidate_share = policy_version, candidate, share
    workflow.save(update_fields=["policy_version", "candidate_version", "candidate_share"])


def version_before(workflow: Workflow) -> PolicyVersion | None:
    """Return the version that was in force before the present one; the workflow's row must be locked."""
    present = lock_in_force(workflow)
    return present.base_version if present else None


def was_in_force(version: PolicyVersion) -> bool:
    """Tell whether the version has been in force: it came there, or another one took its place."""
    told = PolicyProposal.objects.filter(in_force_at__isnull=False)
    return told.filter(Q(version=version) | Q(base_version=version)).exists()

"""Policy versions and proposals as the API shows them."""

from collections.abc import Sequence
from typing import Any

from governance.domain import Actor
from routing.domain.policy_diff import Change
from routing.selectors.proposal_acts import acts_for, waits_for_approval
from routing.selectors.proposals import ProposalFacts, VersionFacts, approval_is_asked, open_proposals


def proposals(actor: Actor, found: Sequence[ProposalFacts]) -> list[dict[str, Any]]:
    """Return all proposals of one workflow, each with what the caller can do with it."""
    asked = approval_is_asked()
    all_open = [one for one in found if one.is_open]
    return [_proposal(actor, one, all_open, approval_asked=asked) for one in found]


def proposal(actor: Actor, one: ProposalFacts) -> dict[str, Any]:
    """Return one proposal."""
    return _proposal(actor, one, open_proposals(one.workflow_id), approval_asked=approval_is_asked())


def version(one: VersionFacts) -> dict[str, Any]:
    """Return a version as a line of a list."""
    return {
        "id": one.id,
        "policy": one.policy,
        "number": one.number,
        "note": one.note,
        "created_at": one.created_at,
        "in_force": one.is_in_force,
        "staged": one.is_staged,
        "was_in_force": one.was_in_force,
        "proposed": one.is_proposed,
    }


def changes(found: Sequence[Change]) -> list[dict[str, Any]]:
    """Return a difference."""
    return [
        {
            "pointer": one.pointer,
            "before": one.before,
            "after": one.after,
            "was_there": one.was_there,
            "is_there": one.is_there,
            "effect": one.effect.value,
        }
        for one in found
    ]


def _proposal(
    actor: Actor, one: ProposalFacts, all_open: Sequence[ProposalFacts], *, approval_asked: bool
) -> dict[str, Any]:
    return {
        "id": one.id,
        "workflow": one.workflow_key,
        "kind": one.kind,
        "state": one.state,
        "share": one.share,
        "policy": one.policy,
        "number": one.number,
        "policy_version": one.version_id,
        "base_number": one.base_number,
        "base_policy_version": one.base_id,
        "outdated": one.is_outdated,
        "waits_for_approval": waits_for_approval(one, approval_asked=approval_asked),
        "reason": one.reason,
        "end_reason": one.end_reason,
        "preview": one.preview,
        "replay": one.replay_id,
        "proposed_by": {"pseudonym": one.proposed_by, "name": one.proposed_by_name},
        "proposed_at": one.proposed_at,
        "approved_by": {"pseudonym": one.approved_by, "name": one.approved_by_name} if one.approved_by else None,
        "approved_at": one.approved_at,
        "staged_at": one.staged_at,
        "in_force_at": one.in_force_at,
        "ended_at": one.ended_at,
        "changes": changes(one.changes),
        "can": acts_for(actor, one, all_open=all_open, approval_asked=approval_asked),
    }

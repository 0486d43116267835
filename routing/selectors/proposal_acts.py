"""What a person can do with a proposal now; the services decide it anew when it is done."""

from collections.abc import Sequence
from enum import StrEnum

from governance.domain import Actor, Capability
from routing.models import ProposalState
from routing.selectors.proposals import ProposalFacts


class Act(StrEnum):
    """A step of a release."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    STAGE = "stage"
    FINISH = "finish"
    ROLL_BACK = "roll-back"


def waits_for_approval(proposal: ProposalFacts, *, approval_asked: bool) -> bool:
    """Tell whether a second person has to approve before it can go on."""
    is_before_stages = proposal.state in (ProposalState.PROPOSED, ProposalState.APPROVED)
    return is_before_stages and approval_asked and not proposal.has_second_person


def acts_for(
    actor: Actor, proposal: ProposalFacts, *, all_open: Sequence[ProposalFacts], approval_asked: bool
) -> list[Act]:
    """Return what the actor can do with a proposal, beside the workflow's other open ones."""
    if not actor.can(Capability.CONFIGURE):
        return []
    is_own = proposal.proposed_by == actor.pseudonym
    acts: list[Act] = []
    if proposal.state == ProposalState.PROPOSED and not proposal.is_outdated and approval_asked and not is_own:
        acts.append(Act.APPROVE)
    if proposal.state in (ProposalState.PROPOSED, ProposalState.APPROVED):
        acts.append(Act.WITHDRAW if is_own else Act.REFUSE)
    others_staged = any(one.state == ProposalState.STAGED and one.id != proposal.id for one in all_open)
    goes_on = proposal.is_open and not proposal.is_outdated and not others_staged
    if goes_on and not waits_for_approval(proposal, approval_asked=approval_asked):
        acts += [Act.STAGE, Act.FINISH]
    if proposal.state == ProposalState.STAGED:
        acts.append(Act.ROLL_BACK)
    return acts

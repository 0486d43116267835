"""Taking a staged version back, as a part of the services that do it."""

from django.utils.translation import gettext as _

from governance.domain import Actor
from routing import actions
from routing.models import ProposalState
from routing.services.in_force import set_pointers
from routing.services.limit_rows import own_automation
from routing.services.proposal_notices import tell_proposer
from routing.services.release_rows import Step, save


def take_back(step: Step, *, actor: Actor, why: str) -> None:
    """Route nothing by a staged version any more, batches that are being carried out included; both rows are locked."""
    own_automation(step.workflow.id)
    set_pointers(step.workflow, policy_version=step.workflow.policy_version, candidate=None, share=0)
    save(step.proposal, state=ProposalState.ROLLED_BACK, end_reason=why, at="ended_at")
    step.record(actor, actions.POLICY_ROLLED_BACK, share=step.proposal.share, reason=why)
    tell_proposer(
        actor=actor,
        proposal=step.proposal,
        sentence=_("%(version)s for %(workflow)s has been rolled back by %(name)s:"),
        reason=why,
    )

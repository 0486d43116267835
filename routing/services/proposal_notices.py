"""Telling people what became of a proposal, and those who may approve that there is one."""

from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, NoticeKind, roles_with
from governance.selectors.principals import people_with_role
from governance.services.notices import tell_people
from routing.models import PolicyProposal
from routing.selectors.proposals import person_behind


def tell_proposer(*, actor: Actor, proposal: PolicyProposal, sentence: str, reason: str = "") -> None:
    """Leave a notice for whoever proposed, unless they did it themselves; a machine is told nothing."""
    if proposal.proposed_by_id == actor.pseudonym:
        return
    person = person_behind(proposal.proposed_by_id)
    if person is not None:
        _tell(actor, [person], proposal, sentence, reason)


def ask_approvers(*, actor: Actor, proposal: PolicyProposal) -> None:
    """Leave a notice for everybody else who may approve."""
    sentence = _("%(name)s proposes %(version)s for %(workflow)s and asks for approval:")
    tell_others(actor=actor, proposal=proposal, sentence=sentence)


def tell_others(*, actor: Actor, proposal: PolicyProposal, sentence: str) -> None:
    """Leave a notice with the proposal's reason for everybody else who configures workflows."""
    people = people_with_role(*roles_with(Capability.CONFIGURE))
    others = [one.id for one in people if one.id and one.pseudonym != actor.pseudonym]
    _tell(actor, others, proposal, sentence, proposal.reason)


def _tell(actor: Actor, people: list[UUID], proposal: PolicyProposal, sentence: str, reason: str) -> None:
    words = {"name": actor.name, "version": str(proposal.version), "workflow": proposal.workflow.name}
    text = f"{sentence % words} {reason}".strip()
    tell_people(actor=actor, people=people, kind=NoticeKind.PROPOSAL, text=text, about=("proposal", proposal.id))

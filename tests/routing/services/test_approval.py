"""Who may say what to a proposal: a second person approves where that is asked, the proposer withdraws, others refuse."""

import pytest
from django.db import transaction

from governance.domain import ForbiddenError, system_actor
from governance.models import Notice, Workspace
from routing.services import config, releases
from routing.services.release_errors import (
    ApprovalNeededError,
    NotYourProposalError,
    OwnProposalError,
    PersonNeededError,
    ProposalStateError,
)
from tests.conftest import House
from tests.routing.services.releasing import LAXER, LAXEST, in_force, number, owner, proposed, row, second, state, trail


def test_a_second_person_approves_where_that_is_asked(asking: House) -> None:
    proposal = proposed(asking)
    for step in (
        lambda: releases.stage(actor=owner(asking), proposal_id=proposal.id, share=0.05),
        lambda: releases.finish(actor=owner(asking), proposal_id=proposal.id),
        lambda: releases.stage(actor=second(asking), proposal_id=proposal.id, share=0.05),
    ):
        with pytest.raises(ApprovalNeededError), transaction.atomic():
            step()
    with pytest.raises(OwnProposalError), transaction.atomic():
        releases.approve(actor=owner(asking), proposal_id=proposal.id)

    releases.approve(actor=second(asking), proposal_id=proposal.id)
    releases.stage(actor=owner(asking), proposal_id=proposal.id, share=0.25)

    assert row(asking).candidate_share == 0.25
    assert trail(asking)[1:] == ["policy.proposed", "policy.approved", "policy.staged"]


def test_what_one_approved_of_ones_own_does_not_count_once_a_second_person_is_asked_for(house: House) -> None:
    proposal = proposed(house)
    releases.approve(actor=owner(house), proposal_id=proposal.id)
    Workspace.objects.filter(id=house.workspace.id).update(approves_policies=True)

    with pytest.raises(ApprovalNeededError):
        releases.finish(actor=owner(house), proposal_id=proposal.id)


def test_the_product_approves_nothing(house: House) -> None:
    with pytest.raises(PersonNeededError):
        releases.approve(actor=system_actor(house.workspace.id), proposal_id=proposed(house).id)


@pytest.mark.parametrize("role", ["reviewer", "lead", "auditor", "integrator"])
def test_who_does_not_configure_takes_no_step(house: House, role: str) -> None:
    actor = house.actor(house.people[role])
    earlier = house.workflow.policy_version
    in_force(house)
    proposal = proposed(house, LAXEST)
    assert earlier is not None
    for step in (
        lambda: proposed(house, LAXEST, by=actor),
        lambda: releases.approve(actor=actor, proposal_id=proposal.id),
        lambda: releases.refuse(actor=actor, proposal_id=proposal.id, reason="no"),
        lambda: releases.withdraw(actor=actor, proposal_id=proposal.id),
        lambda: releases.stage(actor=actor, proposal_id=proposal.id, share=0.05),
        lambda: releases.finish(actor=actor, proposal_id=proposal.id),
        lambda: releases.roll_back(actor=actor, workflow=house.workflow, reason="x"),
        lambda: releases.roll_back_proposal(actor=actor, proposal_id=proposal.id, reason="x"),
        lambda: releases.return_to(actor=actor, workflow=house.workflow, version=earlier, reason="x"),
    ):
        with pytest.raises(ForbiddenError), transaction.atomic():
            step()
    assert (number(house), state(proposal)) == (2, "proposed")


def test_a_refusal_says_why_to_the_proposer_and_ends_it(house: House) -> None:
    proposal = proposed(house)
    releases.refuse(actor=second(house), proposal_id=proposal.id, reason="the sample is too small")

    notice = Notice.objects.get()
    assert (notice.person_id, notice.kind, notice.object_id) == (house.owner.id, "proposal", proposal.id)
    assert "refused standard v2" in notice.text
    assert "the sample is too small" in notice.text
    for step in (
        lambda: releases.approve(actor=second(house), proposal_id=proposal.id),
        lambda: releases.stage(actor=owner(house), proposal_id=proposal.id, share=0.05),
        lambda: releases.finish(actor=owner(house), proposal_id=proposal.id),
    ):
        with pytest.raises(ProposalStateError), transaction.atomic():
            step()


def test_those_who_may_approve_are_asked_and_the_proposer_hears_of_it(asking: House) -> None:
    proposal = proposed(asking)
    assert list(Notice.objects.values_list("person_id", flat=True)) == [asking.admin.id]

    releases.approve(actor=second(asking), proposal_id=proposal.id)

    told = Notice.objects.filter(person_id=asking.owner.id).get()
    assert "has approved standard v2 for Support triage" in told.text


def test_only_the_proposer_withdraws(house: House) -> None:
    proposal = proposed(house)
    with pytest.raises(NotYourProposalError), transaction.atomic():
        releases.withdraw(actor=second(house), proposal_id=proposal.id)

    releases.withdraw(actor=owner(house), proposal_id=proposal.id, reason="a mistake")

    assert state(proposal) == "withdrawn"
    assert not Notice.objects.exists()


def test_activation_without_a_proposal_is_for_setting_up_where_approval_is_asked(asking: House) -> None:
    keys = ["triage", "escalations"]
    draft = config.add_policy_version(actor=owner(asking), workflow=asking.workflow, body=LAXER, queue_keys=keys)
    with pytest.raises(ApprovalNeededError, match="Propose standard v2 on the page “Versions”"), transaction.atomic():
        config.activate_policy_version(actor=owner(asking), version=draft, queue_keys=keys)
    assert number(asking) == 1

    fresh = config.create_workflow(actor=owner(asking), key="returns", name="Returns")
    version = config.add_policy_version(actor=owner(asking), workflow=fresh, body=LAXER, queue_keys=keys)
    assert config.activate_policy_version(actor=owner(asking), version=version, queue_keys=keys).policy_version_id

"""The way back: what is staged is rolled back, what is in force gives way to an earlier version."""

import pytest

from governance.domain import system_actor
from governance.models import Notice
from routing.models import Workflow
from routing.services import releases
from routing.services.release_errors import ProposalStateError
from routing.services.returns import NeverInForceError
from tests.conftest import House
from tests.routing.services.releasing import LAXEST, in_force, number, owner, proposed, row, said_last, state, trail


def test_a_roll_back_takes_the_staged_version_back_and_tells_the_proposer(house: House) -> None:
    proposal = proposed(house)
    releases.stage(actor=owner(house), proposal_id=proposal.id, share=0.25)
    system = system_actor(house.workspace.id)

    rolled = releases.roll_back(actor=system, workflow=house.workflow, reason="the error budget is spent")

    assert rolled is not None
    assert (state(proposal), number(house), row(house).candidate_version_id, row(house).candidate_share) == (
        "rolled_back",
        1,
        None,
        0,
    )
    assert said_last()["reason"] == "the error budget is spent"
    assert "rolled back by AIOS Review: the error budget is spent" in Notice.objects.get().text
    assert releases.roll_back(actor=system, workflow=house.workflow, reason="again") is None
    with pytest.raises(ProposalStateError):
        releases.stage(actor=owner(house), proposal_id=proposal.id, share=0.25)


def test_rolling_back_what_is_in_force_returns_to_the_version_before(asking: House) -> None:
    proposal = in_force(asking)

    back = releases.roll_back_proposal(actor=owner(asking), proposal_id=proposal.id, reason="wrong labels")

    assert (back.kind, back.state, number(asking), state(proposal)) == ("return", "full", 1, "replaced")


def test_rolling_back_the_first_version_there_was_is_refused(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(policy_version=None)
    proposal = in_force(house)

    with pytest.raises(NeverInForceError, match="Stop the automation"):
        releases.roll_back_proposal(actor=owner(house), proposal_id=proposal.id, reason="x")


def test_one_owner_returns_to_the_version_before_at_once_even_where_approval_is_asked(asking: House) -> None:
    first = asking.workflow.policy_version
    assert first is not None
    in_force(asking)
    Notice.objects.all().delete()

    back = releases.return_to(actor=owner(asking), workflow=asking.workflow, version=first, reason="wrong labels")

    assert (back.kind, back.state, number(asking)) == ("return", "full", 1)
    assert trail(asking)[-1] == "policy.activated"
    told = Notice.objects.get()
    assert told.person_id == asking.admin.id
    assert "has returned Support triage to standard v1 at once: wrong labels" in told.text


def test_returns_at_once_never_lead_further_than_to_what_was_just_left(asking: House) -> None:
    first = asking.workflow.policy_version
    assert first is not None
    second_version, third = in_force(asking).version, in_force(asking, LAXEST).version
    actor = owner(asking)

    releases.return_to(actor=actor, workflow=asking.workflow, version=second_version, reason="x")
    waiting = releases.return_to(actor=actor, workflow=asking.workflow, version=first, reason="x")
    assert (number(asking), waiting.kind, waiting.state) == (2, "return", "proposed")

    again = releases.return_to(actor=actor, workflow=asking.workflow, version=third, reason="x")
    assert (number(asking), again.state) == (3, "full")
    with pytest.raises(ProposalStateError):
        releases.return_to(actor=actor, workflow=asking.workflow, version=first, reason="x")


def test_any_earlier_version_is_returned_to_at_once_where_nobody_approves(house: House) -> None:
    first = house.workflow.policy_version
    assert first is not None
    in_force(house)
    in_force(house, LAXEST)

    back = releases.return_to(actor=owner(house), workflow=house.workflow, version=first, reason="x")

    assert (back.state, number(house)) == ("full", 1)


def test_a_return_takes_back_what_is_staged(house: House) -> None:
    first = house.workflow.policy_version
    assert first is not None
    in_force(house)
    staged = proposed(house, LAXEST)
    releases.stage(actor=owner(house), proposal_id=staged.id, share=1.0)

    releases.return_to(actor=owner(house), workflow=house.workflow, version=first, reason="x")

    assert (state(staged), number(house), row(house).candidate_version_id) == ("rolled_back", 1, None)


def test_there_is_no_return_to_what_never_was_in_force(house: House) -> None:
    draft = proposed(house).version
    with pytest.raises(NeverInForceError, match="Propose it"):
        releases.return_to(actor=owner(house), workflow=house.workflow, version=draft, reason="x")

"""A policy change as a release: proposed, staged, in force."""

import pytest
from django.db import transaction

from governance.domain import InvalidError, NotFoundError, system_actor, uuid7
from routing.models import PolicyProposal, PolicyVersion
from routing.services import config, releases
from routing.services.limit_rows import ReasonMissingError
from routing.services.release_errors import (
    AnotherStagedError,
    NothingChangesError,
    ProposalOutdatedError,
    ProposalStateError,
)
from routing.services.rows import ConfigurationError
from tests.conftest import House
from tests.factories import POLICY_BODY
from tests.routing.services.releasing import (
    LAXER,
    LAXEST,
    in_force,
    number,
    owner,
    proposed,
    row,
    said_last,
    second,
    state,
    trail,
    without,
)


def test_a_proposal_changes_nothing_by_itself(house: House) -> None:
    proposal = proposed(house, preview={"automatic": 0.7})

    assert (proposal.state, proposal.version.number, proposal.base_version_id) == (
        "proposed",
        2,
        house.workflow.policy_version_id,
    )
    assert (number(house), row(house).candidate_version_id) == (1, None)
    assert trail(house) == ["policy.added", "policy.proposed"]
    assert said_last()["reason"] == "fewer reviews"
    assert proposal.preview == {"automatic": 0.7}


def test_it_goes_through_its_stages_into_force(house: House) -> None:
    proposal = proposed(house)
    for share in releases.SHARES:
        releases.stage(actor=owner(house), proposal_id=proposal.id, share=share)
        assert (row(house).candidate_version_id, row(house).candidate_share) == (proposal.version_id, share)
        assert number(house) == 1
    releases.finish(actor=owner(house), proposal_id=proposal.id)

    assert (number(house), row(house).candidate_version_id, row(house).candidate_share) == (2, None, 0)
    done = PolicyProposal.objects.get(id=proposal.id)
    assert (done.state, done.share) == ("full", 1)
    assert done.staged_at
    assert done.in_force_at
    assert done.proposed_at <= done.staged_at <= done.in_force_at
    assert trail(house)[2:] == ["policy.staged"] * 3 + ["policy.activated"]
    assert said_last()["body"]["default_threshold"] == 0.8


def test_the_version_before_is_replaced_by_the_next(house: House) -> None:
    first, last = in_force(house), in_force(house, LAXEST)

    assert (state(first), state(last), number(house)) == ("replaced", "full", 3)


def test_a_stage_asked_for_again_leaves_no_second_event(house: House) -> None:
    proposal = proposed(house)
    for _ in range(2):
        releases.stage(actor=owner(house), proposal_id=proposal.id, share=0.05)

    assert trail(house).count("policy.staged") == 1


def test_a_release_may_take_a_step_back(house: House) -> None:
    proposal = proposed(house)
    releases.stage(actor=owner(house), proposal_id=proposal.id, share=0.25)
    releases.stage(actor=owner(house), proposal_id=proposal.id, share=0.05)

    assert row(house).candidate_share == 0.05
    assert (said_last()["before_share"], said_last()["share"]) == (0.25, 0.05)


@pytest.mark.parametrize("share", [0, 0.5, 1.5, -1])
def test_there_are_three_stages(house: House, share: float) -> None:
    with pytest.raises(InvalidError):
        releases.stage(actor=owner(house), proposal_id=proposed(house).id, share=share)


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 301])
def test_a_reason_is_given_and_fits(house: House, reason: str) -> None:
    with pytest.raises(InvalidError) as caught:
        releases.propose(actor=owner(house), workflow=house.workflow, body=LAXER, reason=reason)

    assert caught.value.extra["field"] == "reason"
    assert isinstance(caught.value, ReasonMissingError) == (not reason.strip())


def test_what_is_in_force_is_not_proposed(house: House) -> None:
    present = house.workflow.policy_version
    with pytest.raises(NothingChangesError), transaction.atomic():
        releases.propose(actor=owner(house), workflow=house.workflow, version=present, reason="x")
    with pytest.raises(NothingChangesError), transaction.atomic():
        proposed(house, POLICY_BODY | {"priority": 0, "rules": []})
    assert PolicyVersion.objects.count() == 1


def test_a_bad_body_is_refused_with_its_pointer(house: House) -> None:
    with pytest.raises(ConfigurationError) as caught:
        proposed(house, POLICY_BODY | {"label_queues": {"billing": "nowhere"}})

    assert caught.value.extra["errors"][0]["pointer"] == "/label_queues/billing"


def test_a_draft_of_the_administration_is_proposed_once(house: House) -> None:
    keys = ["triage", "escalations"]
    draft = config.add_policy_version(actor=owner(house), workflow=house.workflow, body=LAXER, queue_keys=keys)
    proposal = releases.propose(actor=owner(house), workflow=house.workflow, version=draft, reason="x")

    assert proposal.version_id == draft.id
    with pytest.raises(ProposalStateError):
        releases.propose(actor=second(house), workflow=house.workflow, version=draft, reason="x")


def test_a_proposal_on_top_of_an_older_version_is_outdated(house: House) -> None:
    older = proposed(house, LAXEST)
    in_force(house)

    for step in (
        lambda: releases.approve(actor=second(house), proposal_id=older.id),
        lambda: releases.stage(actor=owner(house), proposal_id=older.id, share=0.05),
        lambda: releases.finish(actor=owner(house), proposal_id=older.id),
    ):
        with pytest.raises(ProposalOutdatedError, match="standard v3 has come into force"), transaction.atomic():
            step()
    releases.refuse(actor=second(house), proposal_id=older.id, reason="outdated")


def test_one_version_is_staged_at_a_time(house: House) -> None:
    first, other = proposed(house), proposed(house, LAXEST)
    releases.stage(actor=owner(house), proposal_id=first.id, share=0.05)

    with pytest.raises(AnotherStagedError, match="standard v2 is staged"), transaction.atomic():
        releases.stage(actor=owner(house), proposal_id=other.id, share=0.05)
    with pytest.raises(AnotherStagedError), transaction.atomic():
        releases.finish(actor=owner(house), proposal_id=other.id)
    with pytest.raises(AnotherStagedError), transaction.atomic():
        config.activate_policy_version(actor=owner(house), version=other.version, queue_keys=["triage"])


def test_a_version_that_fits_no_more_does_not_come_into_force(house: House) -> None:
    proposal = proposed(house, LAXER | {"label_thresholds": {"billing": 0.5}})
    without(house, "billing")

    for step in (
        lambda: releases.stage(actor=owner(house), proposal_id=proposal.id, share=0.05),
        lambda: releases.finish(actor=owner(house), proposal_id=proposal.id),
    ):
        with pytest.raises(ConfigurationError), transaction.atomic():
            step()


def test_a_staged_version_that_fits_no_more_is_taken_back(house: House) -> None:
    proposal = proposed(house, LAXER | {"label_thresholds": {"billing": 0.5}})
    releases.stage(actor=owner(house), proposal_id=proposal.id, share=0.25)
    system = system_actor(house.workspace.id)
    releases.tend_proposals(actor=system, workflow=house.workflow)
    assert state(proposal) == "staged"

    without(house, "billing")
    releases.tend_proposals(actor=system, workflow=house.workflow)

    assert state(proposal) == "rolled_back"
    assert "/label_thresholds/billing" in PolicyProposal.objects.get(id=proposal.id).end_reason
    assert row(house).candidate_version_id is None


def test_activation_without_a_proposal_is_kept_as_one(house: House) -> None:
    keys = ["triage", "escalations"]
    draft = config.add_policy_version(actor=owner(house), workflow=house.workflow, body=LAXER, queue_keys=keys)
    config.activate_policy_version(actor=owner(house), version=draft, queue_keys=keys)

    kept = PolicyProposal.objects.get()
    assert (kept.kind, kept.state, kept.base_version_id) == ("at_once", "full", house.workflow.policy_version_id)
    assert number(house) == 2


def test_nothing_of_another_workspace_or_workflow_is_found(house: House) -> None:
    other = config.create_workflow(actor=owner(house), key="returns", name="Returns")
    version = house.workflow.policy_version
    for step in (
        lambda: releases.approve(actor=owner(house), proposal_id=uuid7()),
        lambda: releases.propose(actor=owner(house), workflow=other, version=version, reason="x"),
        lambda: releases.propose(
            actor=owner(house), workflow=house.workflow, body=LAXER, reason="x", replay_id=uuid7()
        ),
    ):
        with pytest.raises(NotFoundError), transaction.atomic():
            step()

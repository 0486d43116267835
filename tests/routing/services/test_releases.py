"""A policy change as a release: proposed, approved, staged, in force, and back again."""

import json
from typing import Any

import pytest
from django.db import transaction

from governance.domain import Actor, ForbiddenError, InvalidError, NotFoundError, system_actor, uuid7
from governance.models import AuditEvent, AuditPayload, Notice, Workspace
from routing.models import PolicyProposal, PolicyVersion, Workflow
from routing.services import config, releases
from routing.services.limit_rows import ReasonMissingError
from routing.services.release_errors import (
    AnotherStagedError,
    ApprovalNeededError,
    NothingChangesError,
    NotYourProposalError,
    OwnProposalError,
    PersonNeededError,
    ProposalOutdatedError,
    ProposalStateError,
)
from routing.services.returns import NeverInForceError
from routing.services.rows import ConfigurationError
from tests.conftest import House
from tests.factories import OUTPUT_SCHEMA, POLICY_BODY

LAXER = POLICY_BODY | {"default_threshold": 0.8}
LAXEST = POLICY_BODY | {"default_threshold": 0.7}


@pytest.fixture
def asking(house: House) -> House:
    """The cast, where a second person approves policies."""
    Workspace.objects.filter(id=house.workspace.id).update(approves_policies=True)
    return house


def owner(house: House) -> Actor:
    return house.actor(house.owner)


def second(house: House) -> Actor:
    return house.actor(house.admin)


def proposed(house: House, body: dict[str, Any] = LAXER, *, by: Actor | None = None, **options: Any) -> PolicyProposal:
    actor = by or owner(house)
    return releases.propose(actor=actor, workflow=house.workflow, body=body, reason="fewer reviews", **options)


def in_force(house: House, body: dict[str, Any] = LAXER) -> PolicyProposal:
    """Bring a policy into force the whole way."""
    proposal = proposed(house, body)
    releases.approve(actor=second(house), proposal_id=proposal.id)
    return releases.finish(actor=owner(house), proposal_id=proposal.id)


def row(house: House) -> Workflow:
    return Workflow.objects.select_related("policy_version", "candidate_version").get(id=house.workflow.id)


def number(house: House) -> int | None:
    version = row(house).policy_version
    return version.number if version else None


def state(proposal: PolicyProposal) -> str:
    return PolicyProposal.objects.get(id=proposal.id).state


def trail(house: House) -> list[str]:
    events = AuditEvent.objects.filter(stream_kind="workflow", stream_id=house.workflow.id).order_by("stream_seq")
    return list(events.values_list("action", flat=True))


def said_last() -> dict[str, Any]:
    event = AuditEvent.objects.order_by("-id")[0]
    return dict(json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body)))


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


def test_activation_without_a_proposal_is_for_setting_up_where_approval_is_asked(asking: House) -> None:
    keys = ["triage", "escalations"]
    draft = config.add_policy_version(actor=owner(asking), workflow=asking.workflow, body=LAXER, queue_keys=keys)
    with pytest.raises(ApprovalNeededError, match="Propose standard v2 on the page “Versions”"), transaction.atomic():
        config.activate_policy_version(actor=owner(asking), version=draft, queue_keys=keys)
    assert number(asking) == 1

    fresh = config.create_workflow(actor=owner(asking), key="returns", name="Returns")
    version = config.add_policy_version(actor=owner(asking), workflow=fresh, body=LAXER, queue_keys=keys)
    assert config.activate_policy_version(actor=owner(asking), version=version, queue_keys=keys).policy_version_id


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


def without(house: House, label: str) -> None:
    """Put a contract in force that lacks a label."""
    schema = json.loads(json.dumps(OUTPUT_SCHEMA))
    schema["properties"]["label"]["enum"].remove(label)
    workflow = Workflow.objects.select_related("contract").get(id=house.workflow.id)
    assert workflow.contract
    contract = config.add_contract(
        actor=owner(house),
        workflow=workflow,
        version="2.0.0",
        input_schema=workflow.contract.input_schema,
        output_schema=schema,
    )
    config.set_contract(actor=owner(house), workflow=workflow, contract=contract)

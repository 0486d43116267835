"""Items that were given up: the model again, people instead, or nothing; one, or all."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from governance.domain import ConflictError, ForbiddenError, NotFoundError, system_actor, uuid7
from governance.models import AuditEvent
from review.domain.losses import MOST_LOSSES
from review.models import Item, ItemPayload, Queue, Review
from review.selectors.dead_letters import dead_count, dead_groups, dead_items
from review.services import dead_letters, dead_rows
from review.services.claim import claim_reviews
from review.services.dead_letters import (
    replay_all,
    replay_item,
    send_all_to_people,
    send_to_people,
    withdraw_dead,
)
from review.services.pipeline import process_received
from review.services.sweep import sweep_workspace
from routing.models import Prediction, RoutingDecision, Workflow
from routing.selectors.workflows import WorkflowFacts, access_workflow
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.review.services.test_loop import decide
from tests.threads import together
from tests.workers import claimed, come_due, kill, states, trail


def mortal(house: House, **settings: Any) -> House:
    """Let a failed prediction be tried twice and then given up."""
    Workflow.objects.filter(id=house.workflow.id).update(**({"fallback": "wait", "max_attempts": 2} | settings))
    return house


def dead(house: House, *texts: str, label: str = "no_such") -> list[UUID]:
    """Items whose model never gave a usable answer."""
    mortal(house)
    ids = house.receive(*texts, label=label)
    for _ in range(2):
        come_due(*ids)
        house.route()
    assert set(Item.objects.filter(id__in=ids).values_list("state", flat=True)) == {"dead"}
    return ids


def mend(house: House) -> None:
    """Let the model give a good answer from now on."""
    ItemPayload.objects.update(predictions=[{"label": "billing", "confidence": 0.99}])


def workflow(house: House) -> WorkflowFacts:
    return access_workflow(house.workflow.key)


def test_a_replayed_item_has_all_its_attempts_again_and_a_trail_of_them_all(house: House) -> None:
    (item_id,) = dead(house, "one")
    died = Item.objects.get(id=item_id)
    assert (died.failure, died.attempts, died.died_at is None) == ("unknown_label", 2, False)

    replay_item(actor=house.actor(house.lead), item_id=item_id)

    item = Item.objects.get(id=item_id)
    assert (item.state, item.failure, item.died_at, item.attempts, item.attempts_forgiven) == (
        "received",
        "",
        None,
        2,
        2,
    )
    assert broken() == {}
    for _ in range(2):
        come_due(item_id)
        house.route()
    item.refresh_from_db()
    assert (item.state, item.attempts) == ("dead", 4)
    assert broken() == {}
    replay_item(actor=house.actor(house.lead), item_id=item_id)
    mend(house)
    come_due(item_id)
    house.route()
    item.refresh_from_db()
    assert (item.state, item.attempts, item.last_error) == ("resolved", 5, "")
    assert Prediction.objects.get().attempt == 5
    assert trail(item_id).count("item.replayed") == trail(item_id).count("item.died") == 2
    event = AuditEvent.objects.filter(stream_id=item_id, action="item.replayed")[0]
    assert event.actor_pseudonym == house.actor(house.lead).pseudonym
    assert broken() == {}


@pytest.mark.services
def test_what_killed_its_workers_is_replayed_alone(house: House) -> None:
    (poison,) = house.receive("poison")
    for _ in range(MOST_LOSSES):
        kill(*claimed(house))
        sweep_workspace(house.workspace.id)
        house.enter()
    assert Item.objects.get(id=poison).failure == "worker_lost"
    house.receive(*(f"good {n}" for n in range(5)))
    replay_item(actor=house.actor(house.lead), item_id=poison)
    come_due(poison)
    assert set(claimed(house)) == {poison}
    kill(poison)
    sweep_workspace(house.workspace.id)
    house.enter()
    come_due(poison)
    assert set(claimed(house)) == {poison}
    kill(poison)
    sweep_workspace(house.workspace.id)
    house.enter()
    assert Item.objects.get(id=poison).state == "dead"
    assert broken() == {}


def test_an_item_that_is_given_to_people_is_routed_as_a_failed_prediction_is(house: House) -> None:
    (item_id,) = dead(house, "one")
    send_to_people(actor=house.actor(house.lead), item_id=item_id)
    item = Item.objects.get(id=item_id)
    assert (item.state, item.failure, item.died_at) == ("in_review", "", None)
    assert item.last_error.startswith("unknown_label: ")
    decision = RoutingDecision.objects.get(item_id=item_id)
    assert (decision.disposition, decision.reason_code) == ("review", "given_up")
    assert decision.reason == {"failure": "unknown_label"}
    assert Prediction.objects.get(item_id=item_id).failure == "unknown_label"
    assert Review.objects.get().queue_id == house.queue.id
    assert trail(item_id) == ["item.received", "item.postponed", "item.died", "item.sent_to_people"]
    assert broken() == {}
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    decide(house.actor(house.reviewer), review)
    assert broken() == {}


def test_a_drawn_item_that_is_given_to_people_is_asked_about_blind(house: House) -> None:
    mortal(house, draw_rate=1.0)
    (item_id,) = dead(house, "one")
    send_to_people(actor=house.actor(house.lead), item_id=item_id)
    assert Review.objects.get().kind == "calibration"
    assert RoutingDecision.objects.get(item_id=item_id).drawn
    assert broken() == {}


@pytest.mark.services
def test_one_and_all_can_be_dealt_with(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_rows, "BATCH", 2)
    monkeypatch.setattr(
        dead_letters, "_REPLAY_BATCH_SQL", dead_letters._REPLAY_BATCH_SQL.replace("LIMIT 500", "LIMIT 2")
    )
    ids = dead(house, *"abcdefg")
    lead = house.actor(house.lead)
    withdraw_dead(actor=lead, item_id=ids[0])
    send_to_people(actor=lead, item_id=ids[1])
    emptied = replay_all(actor=lead, workflow=workflow(house))
    assert (emptied.moved, emptied.refused, emptied.is_complete) == (5, 0, True)
    assert states(house) == {"withdrawn": 1, "in_review": 1, "received": 5}
    assert replay_all(actor=lead, workflow=workflow(house)).moved == 0
    assert broken() == {}


def test_when_time_is_over_the_rest_is_left_and_said_so(house: House) -> None:
    dead(house, *"abc")
    emptied = send_all_to_people(actor=house.actor(house.lead), workflow=workflow(house), budget_s=-1)
    assert (emptied.moved, emptied.is_complete) == (3, False)


def test_all_of_one_failure_are_dealt_with_apart(house: House) -> None:
    unknown, odd = dead(house, "a", "b"), dead(house, "c", label="")
    groups = {group.failure: group for group in dead_groups(house.workflow.key)}
    assert {failure: group.items for failure, group in groups.items()} == {"unknown_label": 2, "bad_output": 1}
    assert groups["bad_output"].oldest_at is not None
    assert dead_count() == 3
    page = dead_items(count=2)
    assert [item.id for item in page.items] == [odd[0], unknown[1]]
    assert [item.id for item in dead_items(before=page.next_before).items] == [unknown[0]]
    assert [item.id for item in dead_items(failure="bad_output", workflow_key=house.workflow.key).items] == odd

    send_all_to_people(actor=house.actor(house.lead), workflow=workflow(house), failure="unknown_label")
    assert states(house) == {"in_review": 2, "dead": 1}
    assert broken() == {}


def test_who_can_not_be_given_to_people_stays_and_harms_no_other(house: House) -> None:
    ids = dead(house, *"abcde")
    Item.objects.filter(id=ids[2]).update(segment="\x01" * 63, priority=32767)
    policy = house.workflow.policy_version
    Workflow.objects.filter(id=house.workflow.id).update(policy_version=None)
    assert policy is not None
    policy.__class__.objects.create(
        workspace=house.workspace, policy=policy.policy, number=9, body=policy.body | {"priority": 1}
    )
    Workflow.objects.filter(id=house.workflow.id).update(policy_version=policy.__class__.objects.get(number=9))
    emptied = send_all_to_people(actor=house.actor(house.lead), workflow=workflow(house))
    assert (emptied.moved, emptied.refused, emptied.is_complete) == (4, 1, True)
    assert states(house) == {"in_review": 4, "dead": 1}
    with pytest.raises(ConflictError, match="smallint"), transaction.atomic():
        send_to_people(actor=house.actor(house.lead), item_id=ids[2])
    assert broken() == {}


def test_without_a_queue_nobody_can_be_asked(house: House) -> None:
    (item_id,) = dead(house, "one")
    Queue.objects.all().delete()
    with pytest.raises(ConflictError, match="can't be given to people"), transaction.atomic():
        send_to_people(actor=house.actor(house.lead), item_id=item_id)
    assert states(house) == {"dead": 1}


ACTS: dict[str, Callable[..., None]] = {"replay": replay_item, "to people": send_to_people, "withdraw": withdraw_dead}


@pytest.mark.parametrize("act", ACTS)
def test_only_leads_deal_with_dead_items_and_only_with_these(house: House, act: str) -> None:
    (item_id,) = house.receive("alive")
    (gone,) = dead(house, "gone")
    for role in ("reviewer", "auditor", "integrator"):
        with pytest.raises(ForbiddenError), transaction.atomic():
            ACTS[act](actor=house.actor(house.people[role]), item_id=gone)
    with pytest.raises(ConflictError) as refused, transaction.atomic():
        ACTS[act](actor=house.actor(house.lead), item_id=item_id)
    assert refused.value.extra["state"] == Item.objects.get(id=item_id).state
    with pytest.raises(NotFoundError), transaction.atomic():
        ACTS[act](actor=house.actor(house.lead), item_id=uuid7())
    assert Item.objects.get(id=gone).state == "dead"


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("dead_letters", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_lists_and_deals_with_them(house: House) -> None:
    dead(house, "one", "two")
    space = ("--workspace", house.workspace.slug)
    listed = json.loads(run(*space, "--json"))
    assert listed["groups"][0] | {"oldest_at": ""} == {
        "workflow": house.workflow.key, "failure": "unknown_label", "items": 2, "oldest_at": "",
    }  # fmt: skip
    assert "unknown_label" in run(*space)
    done = json.loads(run(*space, "--workflow", house.workflow.key, "--replay", "--json"))
    assert done == {"moved": 2, "refused": 0, "is_complete": True}
    house.enter()
    assert states(house) == {"received": 2}
    dead(house, "three")
    assert "1 item" in run(*space, "--to-people")
    house.enter()
    assert Item.objects.filter(state="in_review").count() == 1
    for wrong in (["--workspace", "no-such"], [*space, "--workflow", "no-such"], [*space, "--replay", "--to-people"]):
        with pytest.raises(CommandError):
            run(*wrong)


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed."""
    with transaction.atomic():
        return build_house()


def within(house: House, work: Callable[[], Any]) -> Any:
    with transaction.atomic():
        house.enter()
        return work()


@pytest.mark.services
def test_everybody_at_once_deals_with_each_item_once(stored: House) -> None:
    """Leads replay and send to people, one and all, while the sweeper sweeps and workers work on what comes back."""

    def scene() -> list[UUID]:
        ids = dead(stored, *(f"text {n}" for n in range(40)))
        mend(stored)
        return ids

    ids = within(stored, scene)
    lead, facts = within(stored, lambda: (stored.actor(stored.lead), workflow(stored)))
    system = system_actor(stored.workspace.id)
    jobs: list[Callable[[], object]] = [
        lambda: replay_all(actor=lead, workflow=facts),
        lambda: send_all_to_people(actor=system, workflow=facts),
        lambda: sweep_workspace(stored.workspace.id),
        lambda: process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id),
        *[lambda item_id=item_id: within(stored, lambda: replay_item(actor=lead, item_id=item_id)) for item_id in ids[:6]],
        *[lambda item_id=item_id: within(stored, lambda: send_to_people(actor=lead, item_id=item_id)) for item_id in ids[:6]],
        *[lambda item_id=item_id: within(stored, lambda: withdraw_dead(actor=lead, item_id=item_id)) for item_id in ids[:6]],
    ]  # fmt: skip

    results = together(jobs)

    unexpected = [r for r in results if isinstance(r, BaseException) and not isinstance(r, ConflictError)]
    assert unexpected == []
    process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)
    with transaction.atomic():
        stored.enter()
        assert broken() == {}
        dealt = AuditEvent.objects.filter(action__in=["item.replayed", "item.sent_to_people", "item.withdrawn"])
        assert dealt.count() == 40 - Item.objects.filter(state="dead").count()
        assert not Item.objects.filter(state__in=["dead", "received", "predicting"]).exists()


@pytest.mark.services
def test_replaying_while_the_sweeper_gives_up_moves_each_item_once(stored: House) -> None:
    """The last loss and the replay meet: the replay finds it dead, or says that it is not."""

    def scene() -> list[UUID]:
        ids = stored.receive(*(f"text {n}" for n in range(8)))
        Item.objects.filter(id__in=ids).update(
            state="predicting", fence=1, attempts=1, losses=MOST_LOSSES - 1, lease_until="2020-01-01T00:00Z"
        )
        return ids

    ids = within(stored, scene)
    lead = within(stored, lambda: stored.actor(stored.lead))
    replays: list[Callable[[], object]] = [
        lambda item_id=item_id: within(stored, lambda: replay_item(actor=lead, item_id=item_id)) for item_id in ids
    ]
    results = together([lambda: sweep_workspace(stored.workspace.id), *replays])
    assert {type(result) for result in results[1:]} <= {type(None), ConflictError}
    with transaction.atomic():
        stored.enter()
        replayed = sum(result is None for result in results[1:])
        assert states(stored) == {state: n for state, n in (("received", replayed), ("dead", 8 - replayed)) if n}
        assert broken() == {}

"""Predicting and routing: every item received ends accepted, with people, waiting or dead."""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone
from scipy.stats import binom

from governance.models import AuditEvent, AuditPayload, OutboxMessage
from governance.selectors.workspaces import draw_key
from review.domain.errors import WorkflowNotActiveError
from review.domain.losses import BATCH
from review.models import Item, ItemPayload, Review
from review.services import pipeline
from review.services.pipeline import process_received
from review.services.sweep import announce_received, sweep_workspace
from routing.domain.draw import CALIBRATION, is_drawn
from routing.domain.predictions import PredictionResult
from routing.models import Prediction, Restriction, RoutingDecision, Workflow
from routing.services.workflows import activate_workflow, pause_workflow
from tests.conftest import House
from tests.invariants import broken
from tests.workers import (
    SURE,
    come_due,
    delay_s,
    receive,
    run_locally,
    states,
    trail,
)


@pytest.mark.services
def test_more_than_a_batch_is_worked_through_in_one_call(house: House) -> None:
    count = 2 * BATCH + 7
    house.receive(*(f"sure {n}" for n in range(count - 100)), confidence=0.97)
    house.receive(*(f"unsure {n}" for n in range(100)), confidence=0.4)

    assert house.route() == count

    assert states(house) == {"resolved": count - 100, "in_review": 100}
    assert Prediction.objects.count() == RoutingDecision.objects.count() == count
    assert OutboxMessage.objects.count() == count - 100
    assert broken() == {}
    assert house.route() == 0


def test_a_model_is_asked_once_a_batch(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def answer(payloads: Sequence[Any]) -> list[PredictionResult]:
        sizes.append(len(payloads))
        return [SURE] * len(payloads)

    run_locally(house, monkeypatch, answer)
    receive(house, *(f"text {n}" for n in range(BATCH + 30)))
    house.route()
    assert sizes == [BATCH, 30]
    assert states(house) == {"resolved": BATCH + 30}


def test_a_worker_whose_time_is_spent_leaves_the_rest_and_wakes_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(pipeline.wakeups, "announce_now", lambda task, **_arguments: woken.append(task))
    house.receive(*(f"text {n}" for n in range(BATCH + 10)))
    assert process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id, budget_s=0) == BATCH
    house.enter()
    assert states(house) == {"in_review": BATCH, "received": 10}
    assert woken == ["review.tasks.predict_items"]
    assert broken() == {}


@pytest.mark.services
def test_the_oldest_items_come_first(house: House) -> None:
    ids = house.receive(*(f"text {n}" for n in range(BATCH + 1)))
    Item.objects.filter(id=ids[-1]).update(available_at=timezone.now() - timedelta(hours=1))
    process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id, budget_s=0)
    house.enter()
    assert [item.id for item in Item.objects.filter(state="received")] == [ids[-2]]


def test_items_received_before_a_pause_wait_and_go_on_after_it(house: House) -> None:

    owner = house.actor(house.owner)
    house.receive("one", "two", confidence=0.99)
    pause_workflow(actor=owner, workflow=house.workflow)
    with pytest.raises(WorkflowNotActiveError):
        house.receive("three")
    assert house.route() == 0
    assert states(house) == {"received": 2}
    activate_workflow(actor=owner, workflow=house.workflow, queue_keys=["triage", "escalations"])
    house.route()
    assert states(house) == {"resolved": 2}
    assert broken() == {}


def test_a_pause_in_the_middle_lets_the_running_batch_finish_and_no_other_begin(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:

    def pause_and_answer(payloads: Sequence[Any]) -> list[PredictionResult]:
        pause_workflow(actor=house.actor(house.owner), workflow=house.workflow)
        return [SURE] * len(payloads)

    run_locally(house, monkeypatch, pause_and_answer)
    receive(house, *(f"text {n}" for n in range(BATCH + 4)))
    assert house.route() == BATCH
    assert states(house) == {"resolved": BATCH, "received": 4}
    assert broken() == {}


@pytest.mark.services
def test_the_sweeper_wakes_workers_for_what_waits_in_active_workflows_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "review.services.sweep.wakeups.announce_now", lambda _task, **arguments: woken.append(arguments)
    )
    house.receive("one")
    announce_received()
    assert woken == [{"workspace_id": str(house.workspace.id), "workflow_id": str(house.workflow.id)}]
    Workflow.objects.filter(id=house.workflow.id).update(state="paused")
    announce_received()
    assert len(woken) == 1


def test_an_accepted_item_is_held_where_the_workflow_says_so(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(hold_s=600)
    (item_id,) = house.in_review("one", confidence=0.99)
    item = Item.objects.get(id=item_id)
    assert item.state == "held"
    assert delay_s(item_id) == pytest.approx(600, abs=5)
    assert OutboxMessage.objects.get().due_at == item.available_at
    sweep_workspace(house.workspace.id)
    house.enter()
    assert states(house) == {"held": 1}
    come_due(item_id)
    sweep_workspace(house.workspace.id)
    house.enter()
    assert states(house) == {"resolved": 1}
    assert trail(item_id) == ["item.received", "item.routed", "item.resolved"]
    assert broken() == {}


def test_a_restriction_only_tightens(house: House) -> None:
    running = Restriction.objects.create(
        workspace=house.workspace, workflow=house.workflow, effect="people", cause="stop", reason="an incident"
    )
    house.in_review("one", confidence=0.99)
    assert RoutingDecision.objects.get().reason_code == "restricted_to_people"
    Restriction.objects.filter(id=running.id).update(lifted_at=timezone.now())
    house.in_review("two", confidence=0.99)
    assert states(house) == {"in_review": 1, "resolved": 1}


RATE, MANY = 0.05, 3000


def test_the_share_drawn_is_the_workflows_on_both_sides_of_the_threshold(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=RATE)
    house.receive(*(f"sure {n}" for n in range(MANY // 2)), confidence=0.99)
    house.receive(*(f"unsure {n}" for n in range(MANY // 2)), confidence=0.3)
    house.route()

    for disposition in ("auto_accept", "review"):
        drawn = RoutingDecision.objects.filter(disposition=disposition, drawn=True).count()
        least, most = binom.interval(0.9999, MANY // 2, RATE)
        assert least <= drawn <= most, (disposition, drawn)
    assert set(RoutingDecision.objects.values_list("draw_probability", flat=True)) == {RATE}
    key = draw_key().secret
    for item_id, was_drawn in RoutingDecision.objects.values_list("item_id", "drawn"):
        assert is_drawn(key, RATE, purpose=CALIBRATION, family=house.workflow.id, item_id=item_id) == was_drawn
    assert Review.objects.filter(kind="calibration").count() == RoutingDecision.objects.filter(drawn=True).count()
    assert broken() == {}


def test_every_drawn_item_of_a_failed_model_is_blind_too(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.in_review("one", label="no_such")
    assert Review.objects.get().kind == "calibration"
    assert broken() == {}


def test_the_routed_event_tells_prediction_policy_and_draw(house: House) -> None:
    (item_id,) = house.in_review("one", confidence=0.3)
    event = AuditEvent.objects.get(stream_id=item_id, action="item.routed")
    body = json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))
    assert body == {
        "attempt": 1,
        "confidence": 0.3,
        "disposition": "review",
        "draw_probability": 0,
        "drawn": False,
        "label": "billing",
        "model_version": str(house.workflow.model_version_id),
        "policy_version": str(house.workflow.policy_version_id),
        "queue": "triage",
        "reason": {"confidence": 0.3, "threshold": 0.9, "margin": pytest.approx(-0.6)},
        "reason_code": "below_threshold",
    }


def words(pattern: str, size: int) -> str:
    """Return a text of about that many bytes in which no word of the pattern stands twice."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    distinct = ("".join(parts) for parts in product(letters, repeat=4))
    text: list[str] = []
    length = 0
    while length < size:
        text.append(pattern.format(*(next(distinct) for _ in range(pattern.count("{}")))))
        length += len(text[-1]) + 1
    return " ".join(text)


@pytest.mark.services
@pytest.mark.parametrize("pattern", ["{}", "{}-{}", "{}-{}-{}-{}-{}-{}", "{}.com/{}", "{}@{}.de"])
@pytest.mark.parametrize("size", [245_000, 490_000, 900_000])
def test_a_text_with_more_words_than_the_search_takes_is_routed_like_any_other(
    house: House, pattern: str, size: int
) -> None:
    """PostgreSQL refuses to index very many words; that must not stop the batch that the text came with."""
    (long, _short) = house.receive("long", "short")
    ItemPayload.objects.filter(item_id=long).update(body={"text": words(pattern, size)})
    assert house.route() == 2
    assert states(house) == {"in_review": 2}

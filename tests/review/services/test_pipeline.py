"""Predicting and routing: whatever a model does, every item ends accepted, with people, waiting or dead."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection
from django.utils import timezone
from scipy.stats import binom

from governance.models import AuditEvent, AuditPayload, OutboxMessage
from governance.selectors.workspaces import draw_key
from review.domain.errors import WorkflowNotActiveError
from review.models import Item, ItemPayload, Outcome, Queue, Review
from review.services import pipeline
from review.services.pipeline import BATCH, process_received
from review.services.sweep import announce_received, sweep_workspace
from routing.domain.draw import CALIBRATION, is_drawn
from routing.domain.predictions import PredictionResult
from routing.models import BackendKind, Contract, ModelVersion, Prediction, Restriction, RoutingDecision, Workflow
from routing.services import predict
from tests.conftest import House
from tests.factories import INPUT_SCHEMA
from tests.invariants import broken

Answers = Callable[[Sequence[Any]], list[PredictionResult]]
SURE = PredictionResult(label="billing", confidence=0.99, top=(("billing", 0.99),))


def run_locally(house: House, monkeypatch: pytest.MonkeyPatch, answers: Answers | None = None, **row: Any) -> None:
    """Let the workflow call a local model; `answers` stands in for what its file would say."""
    fields = {"backend": BackendKind.LOCAL, "file": "models/none.skops", "sha256": "0" * 64} | row
    ModelVersion.objects.filter(id=house.workflow.model_version_id).update(**fields)
    if answers is None:
        return

    class Stub:
        predict = staticmethod(answers)

    monkeypatch.setattr(predict, "_backend", lambda _workflow: Stub())


def receive(house: House, *texts: str, **facts: Any) -> list[UUID]:
    """Take items in without predictions, as for a model that the product calls."""
    from review.services.intake import Submission, receive_items
    from routing.selectors.workflows import access_workflow

    receipts = receive_items(
        actor=house.actor(house.integrator),
        workflow=access_workflow(house.workflow.key),
        submissions=[Submission(f"y-{number}", {"text": text}, **facts) for number, text in enumerate(texts)],
    )
    return [receipt.item_id for receipt in receipts if receipt.item_id]


def states(house: House) -> Counter[str]:
    return Counter(Item.objects.filter(workflow=house.workflow).values_list("state", flat=True))


def trail(item_id: UUID) -> list[str]:
    return list(AuditEvent.objects.filter(stream_id=item_id).order_by("stream_seq").values_list("action", flat=True))


def failures() -> set[str]:
    return set(Prediction.objects.values_list("failure", flat=True))


# Batches


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


def test_the_oldest_items_come_first(house: House) -> None:
    ids = house.receive(*(f"text {n}" for n in range(BATCH + 1)))
    Item.objects.filter(id=ids[-1]).update(available_at=timezone.now() - timedelta(hours=1))
    process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id, budget_s=0)
    house.enter()
    assert [item.id for item in Item.objects.filter(state="received")] == [ids[-2]]


# Failures that go to people


SUPPLIED: dict[str, tuple[list[Any] | None, str]] = {
    "none came": (None, "model_missing"),
    "unknown label": ([{"label": "no_such", "confidence": 0.99}], "unknown_label"),
    "empty label": ([{"label": "", "confidence": 0.99}], "bad_output"),
    "label is no text": ([{"label": ["billing"], "confidence": 0.99}], "bad_output"),
    "no label": ([{"confidence": 0.99}], "bad_output"),
    "no confidence": ([{"label": "billing"}], "bad_output"),
    "confidence above one": ([{"label": "billing", "confidence": 1.01}], "not_a_number"),
    "confidence below zero": ([{"label": "billing", "confidence": -0.1}], "not_a_number"),
    "confidence is a text": ([{"label": "billing", "confidence": "0.99"}], "not_a_number"),
    "confidence is a truth value": ([{"label": "billing", "confidence": True}], "not_a_number"),
    "confidence is null": ([{"label": "billing", "confidence": None}], "not_a_number"),
    "confidence beyond a double": ([{"label": "billing", "confidence": 10**400}], "not_a_number"),
    "cost beyond a double": ([{"label": "billing", "confidence": 0.99, "cost": 10**400}], "bad_output"),
    "latency is a text": ([{"label": "billing", "confidence": 0.99, "latency_ms": "soon"}], "bad_output"),
    "top is no list": ([{"label": "billing", "confidence": 0.99, "top": {"billing": 1}}], "bad_output"),
    "top holds no pairs": ([{"label": "billing", "confidence": 0.99, "top": ["billing"]}], "bad_output"),
    "not an object": (["billing"], "bad_output"),
    "a list": ([["billing", 0.99]], "bad_output"),
}


@pytest.mark.parametrize("case", SUPPLIED)
def test_a_supplied_prediction_that_can_not_be_used_sends_its_item_alone_to_people(house: House, case: str) -> None:
    given, failure = SUPPLIED[case]
    (bad,) = house.receive("bad", confidence=0.99)
    house.receive(*(f"good {n}" for n in range(5)), confidence=0.99)
    ItemPayload.objects.filter(item_id=bad).update(predictions=given)

    house.route()

    assert states(house) == {"in_review": 1, "resolved": 5}
    decision = RoutingDecision.objects.get(item_id=bad)
    assert (decision.disposition, decision.reason_code) == ("review", "model_failed")
    assert decision.reason == {"failure": failure}
    assert Prediction.objects.get(item_id=bad).failure == failure
    assert Item.objects.get(id=bad).last_error.startswith(failure)
    assert Review.objects.get(item_id=bad).queue_id == house.queue.id
    assert broken() == {}


def test_a_label_longer_than_its_column_harms_no_other_item(house: House) -> None:
    """A contract without a list of labels takes any text, so its length is for the product to mind."""
    open_ended = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}
    contract = Contract.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        version="2.0.0",
        input_schema=INPUT_SCHEMA,
        output_schema=open_ended,
    )
    Workflow.objects.filter(id=house.workflow.id).update(contract=contract)
    (bad, odd) = house.receive("long") + house.receive("nul")
    house.receive(*(f"good {n}" for n in range(5)), label="whatever", confidence=0.99)
    ItemPayload.objects.filter(item_id=bad).update(predictions=[{"label": "x" * 201, "confidence": 0.99}])
    top = [["y" * 300, 0.5]]
    ItemPayload.objects.filter(item_id=odd).update(predictions=[{"label": "fine", "confidence": 0.99, "top": top}])
    house.route()
    assert states(house) == {"in_review": 1, "resolved": 6}
    assert Prediction.objects.get(item_id=bad).failure == "bad_output"
    assert broken() == {}


def fails_with(error: Exception) -> Answers:
    def answer(_payloads: Sequence[Any]) -> list[PredictionResult]:
        raise error

    return answer


CALLED: dict[str, tuple[Answers, str]] = {
    "raises": (fails_with(RuntimeError("out of memory\x00")), "model_error"),
    "times out": (fails_with(TimeoutError("after 15 s")), "model_error"),
    "one answer short": (lambda payloads: [SURE] * (len(payloads) - 1), "bad_output"),
    "one answer more": (lambda payloads: [SURE] * (len(payloads) + 1), "bad_output"),
    "not a number": (lambda payloads: [PredictionResult("billing", float("nan"))] * len(payloads), "not_a_number"),
    "infinite": (lambda payloads: [PredictionResult("billing", float("inf"))] * len(payloads), "not_a_number"),
    "unknown label": (lambda payloads: [PredictionResult("no_such", 0.99)] * len(payloads), "unknown_label"),
    "nothing": (lambda payloads: [PredictionResult()] * len(payloads), "bad_output"),
}


@pytest.mark.parametrize("case", CALLED)
def test_a_model_that_fails_sends_the_batch_to_people_with_the_reason(
    house: House, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    answer, failure = CALLED[case]
    run_locally(house, monkeypatch, answer)
    receive(house, "one", "two", "three")
    assert house.route() == 3
    assert states(house) == {"in_review": 3}
    assert failures() == {failure}
    assert set(RoutingDecision.objects.values_list("reason_code", flat=True)) == {"model_failed"}
    assert broken() == {}


def test_one_bad_answer_among_good_ones_goes_to_people_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {1: PredictionResult("billing", float("nan")), 3: PredictionResult("no_such", 1.0)}
    run_locally(house, monkeypatch, lambda payloads: [bad.get(n, SURE) for n in range(len(payloads))])
    receive(house, *"abcdef")
    house.route()
    assert states(house) == {"in_review": 2, "resolved": 4}
    assert failures() == {"", "not_a_number", "unknown_label"}


@pytest.mark.parametrize(("content", "failure"), [(None, "model_missing"), (b"altered", "model_altered")])
def test_a_missing_or_altered_model_file_sends_items_to_people(
    house: House, monkeypatch: pytest.MonkeyPatch, content: bytes | None, failure: str
) -> None:
    name = f"models/{failure}-for-a-test.skops"
    registered = hashlib.sha256(f"registered {failure}".encode()).hexdigest()
    run_locally(house, monkeypatch, file=name, sha256=registered)
    default_storage.delete(name)
    if content is not None:
        default_storage.save(name, ContentFile(content))
    receive(house, "one", "two")
    house.route()
    assert states(house) == {"in_review": 2}
    assert failures() == {failure}
    default_storage.delete(name)


def test_a_workflow_without_a_model_sends_everything_to_people(house: House) -> None:
    house.receive("one")
    Workflow.objects.filter(id=house.workflow.id).update(model_version=None)
    house.route()
    assert states(house) == {"in_review": 1}
    assert failures() == {"model_missing"}


def test_a_workflow_without_a_policy_sends_everything_to_its_first_queue(house: House) -> None:
    house.receive("one", confidence=1.0)
    Workflow.objects.filter(id=house.workflow.id).update(policy_version=None)
    house.route()
    assert Review.objects.get().queue_id == house.queue.id
    assert RoutingDecision.objects.get().reason_code == "never_automatic"


def test_a_policy_that_names_a_queue_which_is_gone_uses_the_first_one(house: House) -> None:
    house.receive("one")
    Queue.objects.filter(id=house.queue.id).update(key="renamed")
    house.route()
    assert Review.objects.get().queue_id == house.queue.id
    assert broken() == {}


def test_an_item_that_no_queue_takes_is_not_lost(house: House) -> None:
    """It can't be placed, so nothing moves: in the end it is dead, where it is listed, and not with people who never see it."""
    (item_id,) = house.receive("one", confidence=0.2)
    Queue.objects.all().delete()
    with pytest.raises(IntegrityError, match="not-null"):
        house.route()
    house.enter()
    assert states(house) == {"predicting": 1}
    kill(item_id)
    sweep_workspace(house.workspace.id)
    house.enter()
    assert states(house) == {"received": 1}
    assert broken() == {}


# Failures that wait


@pytest.fixture
def waiting(house: House) -> House:
    """The cast, where a failed prediction is tried again, three times in all."""
    Workflow.objects.filter(id=house.workflow.id).update(fallback="wait", max_attempts=3)
    return house


def come_due(*ids: UUID) -> None:
    Item.objects.filter(id__in=ids).update(available_at=timezone.now() - timedelta(seconds=1))


def delay_s(item_id: UUID) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM available_at - now())::float8 FROM review_item WHERE id = %s", [item_id]
        )
        return float(cursor.fetchone()[0])


def test_a_failed_prediction_waits_longer_each_time_and_ends_dead(waiting: House) -> None:
    (item_id,) = waiting.receive("bad", label="no_such")
    good = waiting.receive("good", confidence=0.99)
    assert waiting.route() == 2
    item = Item.objects.get(id=item_id)
    assert (item.state, item.attempts, item.lease_until) == ("received", 1, None)
    assert delay_s(item_id) == pytest.approx(5, abs=1)
    assert Item.objects.get(id=good[0]).state == "resolved"
    assert waiting.route() == 0

    come_due(item_id)
    assert waiting.route() == 1
    assert delay_s(item_id) == pytest.approx(30, abs=1)

    come_due(item_id)
    assert waiting.route() == 1
    item.refresh_from_db()
    assert (item.state, item.attempts) == ("dead", 3)
    assert item.last_error.startswith("unknown_label")
    assert trail(item_id) == ["item.received", "item.postponed", "item.postponed", "item.died"]
    assert not Review.objects.filter(item_id=item_id).exists()
    assert not Outcome.objects.filter(item_id=item_id).exists()
    assert broken() == {}
    come_due(item_id)
    assert waiting.route() == 0


def test_an_item_whose_model_recovers_goes_its_way(waiting: House, monkeypatch: pytest.MonkeyPatch) -> None:
    run_locally(waiting, monkeypatch, fails_with(RuntimeError("away")))
    ids = receive(waiting, "one", "two")
    waiting.route()
    assert states(waiting) == {"received": 2}
    run_locally(waiting, monkeypatch, lambda payloads: [SURE] * len(payloads))
    come_due(*ids)
    waiting.route()
    assert states(waiting) == {"resolved": 2}
    assert {item.last_error for item in Item.objects.all()} == {""}
    assert trail(ids[0]) == ["item.received", "item.postponed", "item.routed"]
    assert broken() == {}


# A worker that dies


def claimed(house: House) -> dict[UUID, dict[str, Any]]:
    """Claim as a worker does which then dies, and return its rows."""
    rows = pipeline.fetch(
        pipeline._CLAIM_SQL,
        {"workflow": house.workflow.id, "batch": BATCH, "lease": 120, "demo": False},
    )
    return {row["id"]: row for row in rows}


def finish(house: House, rows: dict[UUID, dict[str, Any]]) -> None:
    """Finish as the worker that claimed the rows would have."""
    from governance.domain import system_actor
    from routing.domain.policy import parse_policy
    from routing.selectors.workflows import access_workflow
    from routing.services.record import route_items

    workflow = access_workflow(house.workflow.key)
    labels = ("billing", "delivery", "other")
    routed = route_items(
        workflow=workflow,
        policy=parse_policy(workflow.policy_body),
        labels=labels,
        draw_key=draw_key().secret,
        restrictions=[],
        predicted=predict.predict_items(
            workflow=workflow, labels=labels, items=[pipeline._input(row) for row in rows.values()]
        ),
    )
    pipeline._finish(system_actor(house.workspace.id), workflow, rows, routed)


def kill(*ids: UUID) -> None:
    Item.objects.filter(id__in=ids).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_lost_workers_items_are_freed_and_its_late_finish_changes_nothing(house: House) -> None:
    ids = house.receive("one", "two", confidence=0.99)
    rows = claimed(house)
    assert states(house) == {"predicting": 2}
    assert house.route() == 0

    sweep_workspace(house.workspace.id)
    house.enter()
    assert states(house) == {"predicting": 2}

    kill(*ids)
    sweep_workspace(house.workspace.id)
    house.enter()
    item = Item.objects.get(id=ids[0])
    assert (item.state, item.fence, item.attempts, item.lease_until) == ("received", 2, 1, None)

    finish(house, rows)
    assert states(house) == {"received": 2}
    assert not Prediction.objects.exists()

    house.route()
    assert states(house) == {"resolved": 2}
    finish(house, rows)
    assert Outcome.objects.count() == RoutingDecision.objects.count() == 2
    assert trail(ids[0]) == ["item.received", "item.postponed", "item.routed"]
    assert broken() == {}


def test_of_a_batch_only_the_items_that_are_still_its_own_are_finished(house: House) -> None:
    lost, kept = house.receive("lost", "kept", confidence=0.99)
    rows = claimed(house)
    kill(lost)
    sweep_workspace(house.workspace.id)
    house.enter()
    again = claimed(house)
    assert set(again) == {lost}
    finish(house, rows)
    assert Item.objects.get(id=kept).state == "resolved"
    assert Item.objects.get(id=lost).state == "predicting"
    finish(house, again)
    assert states(house) == {"resolved": 2}
    assert broken() == {}


def test_an_item_that_kills_every_worker_ends_dead(house: House) -> None:
    (item_id,) = house.receive("poison")
    for _ in range(house.workflow.max_attempts):
        assert set(claimed(house)) == {item_id}
        kill(item_id)
        sweep_workspace(house.workspace.id)
        house.enter()
    item = Item.objects.get(id=item_id)
    assert (item.state, item.attempts) == ("dead", house.workflow.max_attempts)
    assert trail(item_id) == ["item.received"] + ["item.postponed"] * 4 + ["item.died"]
    assert broken() == {}


def test_an_item_withdrawn_while_it_is_predicted_stays_withdrawn(house: House) -> None:
    from review.services.withdraw import withdraw_item

    (item_id,) = house.receive("one", confidence=0.99)
    rows = claimed(house)
    withdraw_item(actor=house.actor(house.integrator), item_id=item_id)
    finish(house, rows)
    assert states(house) == {"withdrawn": 1}
    assert not OutboxMessage.objects.exists()
    assert broken() == {}


# Pausing


def test_items_received_before_a_pause_wait_and_go_on_after_it(house: House) -> None:
    from routing.services.workflows import activate_workflow, pause_workflow

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
    from routing.services.workflows import pause_workflow

    def pause_and_answer(payloads: Sequence[Any]) -> list[PredictionResult]:
        pause_workflow(actor=house.actor(house.owner), workflow=house.workflow)
        return [SURE] * len(payloads)

    run_locally(house, monkeypatch, pause_and_answer)
    receive(house, *(f"text {n}" for n in range(BATCH + 4)))
    assert house.route() == BATCH
    assert states(house) == {"resolved": BATCH, "received": 4}
    assert broken() == {}


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


# Holding, restricting, drawing


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
        options = {"purpose": CALIBRATION, "family": house.workflow.id, "item_id": item_id}
        assert is_drawn(key, RATE, **options) == was_drawn
    assert Review.objects.filter(kind="calibration").count() == RoutingDecision.objects.filter(drawn=True).count()
    assert broken() == {}


def test_every_drawn_item_of_a_failed_model_is_blind_too(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.in_review("one", label="no_such")
    assert Review.objects.get().kind == "calibration"
    assert broken() == {}


def test_the_routed_event_tells_prediction_policy_and_draw(house: House) -> None:
    import json

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

"""Models that fail: the item follows the workflow's fallback, with the reason, and the rest of the batch goes on."""

import hashlib
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from review.models import Item, ItemPayload, Outcome, Queue, Review
from routing.domain.predictions import PredictionResult
from routing.models import Contract, Prediction, RoutingDecision, Workflow
from tests.conftest import House
from tests.factories import INPUT_SCHEMA
from tests.invariants import broken
from tests.workers import (
    SURE,
    Answers,
    come_due,
    delay_s,
    fails_with,
    failures,
    receive,
    run_locally,
    states,
    trail,
)

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
    """It can't be placed, so it waits, and in the end it is dead, where it is listed, and not with people who never see it."""
    (item_id,) = house.receive("one", confidence=0.2)
    good = house.receive("two", "three", confidence=0.99)
    Queue.objects.all().delete()
    for _ in range(house.workflow.max_attempts):
        assert Item.objects.get(id=item_id).state == "received"
        come_due(item_id)
        house.route()
    item = Item.objects.get(id=item_id)
    assert (item.state, item.failure) == ("dead", "unroutable")
    assert item.last_error.startswith("unroutable: IntegrityError: null value in column")
    assert "Failing row" not in item.last_error
    assert set(Item.objects.filter(id__in=good).values_list("state", flat=True)) == {"resolved"}
    assert broken() == {}


@pytest.fixture
def waiting(house: House) -> House:
    """The cast, where a failed prediction is tried again, three times in all."""
    Workflow.objects.filter(id=house.workflow.id).update(fallback="wait", max_attempts=3)
    return house


@pytest.mark.services
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

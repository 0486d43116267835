"""Waking workers through a real broker: a hint carries ids alone, and losing it costs nothing but time."""

import time
from collections.abc import Iterator

import pytest
from celery.contrib.testing.worker import start_worker
from django.core.cache import cache
from django.db import transaction
from kombu import Queue

from aios_site.celery import app
from governance import wakeups
from governance.valkey import Circuit
from review.models import Item
from review.services.intake import PREDICT_TASK
from review.services.sweep import announce_received
from tests.conftest import House, build_house

pytestmark = pytest.mark.services


@pytest.fixture
def stored(live_db: None) -> Iterator[House]:
    """The cast, committed, with nothing on its way."""
    cache.clear()
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(app.conf.task_default_queue)
    with transaction.atomic():
        house = build_house()
    yield house
    cache.clear()


def waiting_messages() -> list[tuple[str, object]]:
    """Take every hint off the broker and return what it asks for."""
    found = []
    with app.connection_for_read() as broker:
        queue = Queue(app.conf.task_default_queue, channel=broker.default_channel)
        queue.declare()
        while (message := queue.get()) is not None:
            _args, kwargs, _embed = message.payload
            found.append((message.headers["task"], kwargs))
            message.ack()
    return found


def receive(house: House, count: int, confidence: float = 0.99) -> None:
    with transaction.atomic():
        house.enter()
        house.receive(*(f"text {n}" for n in range(count)), confidence=confidence)


def settled(house: House, count: int) -> bool:
    with transaction.atomic():
        house.enter()
        return Item.objects.filter(state="resolved").count() == count


def test_a_hint_is_sent_once_committed_and_carries_ids_alone(stored: House) -> None:
    with transaction.atomic():
        stored.enter()
        stored.receive("one")
        assert waiting_messages() == []
    asked = {"workspace_id": str(stored.workspace.id), "workflow_id": str(stored.workflow.id)}
    assert waiting_messages() == [(PREDICT_TASK, asked)]


def test_nothing_is_announced_by_a_transaction_that_fails(stored: House) -> None:
    with transaction.atomic():
        stored.enter()
        stored.receive("one")
        transaction.set_rollback(True)
    assert waiting_messages() == []


def test_hints_in_quick_succession_are_one(stored: House) -> None:
    for _ in range(5):
        receive(stored, 1)
    assert len(waiting_messages()) == 1
    asked = {"workspace_id": str(stored.workspace.id), "workflow_id": str(stored.workflow.id)}
    wakeups.accept(PREDICT_TASK, **asked)
    receive(stored, 1)
    assert len(waiting_messages()) == 1


def test_a_worker_does_what_was_received_and_what_a_lost_hint_left(stored: House) -> None:
    receive(stored, 3)
    waiting_messages()
    cache.clear()
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=20):
        announce_received()
        deadline = time.monotonic() + 20
        while not settled(stored, 3) and time.monotonic() < deadline:
            time.sleep(0.05)
        receive(stored, 300)
        while not settled(stored, 303) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert settled(stored, 303)


def test_intake_stores_all_the_same_while_the_broker_is_away(stored: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_options: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(wakeups.current_app, "send_task", away)
    monkeypatch.setattr(wakeups, "circuit", Circuit())
    receive(stored, 2)
    with transaction.atomic():
        stored.enter()
        assert Item.objects.filter(state="received").count() == 2
    monkeypatch.undo()
    monkeypatch.setattr(wakeups, "circuit", Circuit())
    cache.clear()
    announce_received()
    assert len(waiting_messages()) == 1

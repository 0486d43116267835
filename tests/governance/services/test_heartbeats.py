"""Loops say when they last did a round; the canary says so by way of broker and worker."""

from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from governance.domain import uuid7
from governance.models import Heartbeat, OutboxMessage
from governance.selectors.heartbeats import lags, outbox_lag
from governance.services import canary
from governance.services.heartbeats import beat
from governance.tasks import canary as canary_task
from tests.conftest import House, leave_workspace


def test_a_loop_that_never_beat_has_no_lag_and_one_that_did_has_its_age(db: None) -> None:
    assert lags()["sweeper"] is None
    beat("sweeper")
    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(seconds=90))
    old = lags()["sweeper"]
    assert old is not None
    assert 90 <= old < 120
    beat("sweeper")
    young = lags()["sweeper"]
    assert young is not None
    assert young < 30


def test_a_beat_never_goes_back_in_time(db: None) -> None:
    later = timezone.now() + timedelta(minutes=5)
    Heartbeat.objects.create(name="relay", beat_at=later)
    beat("relay")
    assert Heartbeat.objects.get(name="relay").beat_at == later
    assert lags()["relay"] == 0


def test_the_canary_is_sent_at_most_every_fifteen_seconds(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    sent: list[str] = []
    monkeypatch.setattr(canary, "_next_at", 0.0)
    monkeypatch.setattr(current_app, "send_task", lambda name, **_options: sent.append(name))
    canary.send_canary()
    canary.send_canary()
    assert sent == [canary.CANARY_TASK]
    assert lags()["canary"] is None

    canary_task()
    assert lags()["canary"] is not None


def test_the_outbox_is_as_late_as_its_oldest_due_unpublished_message_of_any_workspace(house: House) -> None:
    assert outbox_lag() == 0
    for due_in_s in (3600, -100, -50):
        publishable(house, due_in_s=due_in_s)
    leave_workspace()
    assert 99 < outbox_lag() < 160


def publishable(house: House, *, due_in_s: float) -> None:
    """Store a message that the relay has not published."""
    now = timezone.now()
    OutboxMessage.objects.create(
        workspace=house.workspace,
        type="item.resolved",
        stream_kind="item",
        stream_id=uuid7(),
        dedupe_key=str(uuid7()),
        data={},
        due_at=now + timedelta(seconds=due_in_s),
        recorded_at=now,
    )

"""The sweep process as it runs: from an event to the receiver, ended in the middle, killed in the middle."""

import signal
import time
from pathlib import Path

import pytest

from governance.models import Delivery, DeliveryAttempt, OutboxMessage
from tests.conftest import House
from tests.governance.delivery.receiver import Receiver, hang, slow
from tests.governance.delivery.scene import endpoint_at, pass_time, resolve, say, states, things
from tests.invariants import broken
from tests.processes import eventually, running


@pytest.mark.services
def test_an_event_leaves_by_itself_and_the_process_ends_when_asked(town: House, tmp_path: Path) -> None:
    with Receiver() as receiver, running(tmp_path, "sweep") as sweep:
        endpoint_at(town, receiver)
        resolve(town, "one")
        eventually(lambda: states() == ["delivered"], what=sweep.log.read_text())
        sweep.signal(signal.SIGTERM)
        assert sweep.ended(10) == 0
    assert len(receiver.requests) == 1
    assert broken() == {}


def test_ended_in_the_middle_it_hands_back_what_it_did_not_send(town: House, tmp_path: Path) -> None:
    with Receiver(then=hang) as receiver, running(tmp_path, "sweep") as sweep:
        endpoint_at(town, receiver, concurrency=2)
        say(town, *things(12))
        eventually(lambda: len(receiver.requests) == 2, what=sweep.log.read_text())
        asked = time.monotonic()
        sweep.signal(signal.SIGTERM)
        assert sweep.ended(10) == 0
        took_s = time.monotonic() - asked
    assert set(states()) == {"pending"}
    assert not DeliveryAttempt.objects.exists()
    assert len(receiver.requests) == 2
    assert took_s < 8  # far below the request's own time-out: nothing waited for it


@pytest.mark.parametrize("step", ["relay.published", "deliver.claimed", "deliver.sent:2", "deliver.finished"])
def test_killed_at_any_step_nothing_is_lost_and_bytes_stay_the_same(town: House, tmp_path: Path, step: str) -> None:
    with Receiver(then=slow(0.01)) as receiver:
        endpoint_at(town, receiver)
        items = resolve(town, *[f"text {number}" for number in range(20)])
        with running(tmp_path, "sweep", AIOS_FAILPOINT=step) as doomed:
            assert doomed.ended(60) == -signal.SIGKILL
        pass_time(60)
        with running(tmp_path, "sweep", name="second") as sweep:
            eventually(lambda: _come_due() and states() == ["delivered"] * 20, what=sweep.log.read_text())
    assert len(set(receiver.ids)) == len(items)
    assert len({(got.id, got.body) for got in receiver.requests}) == len(items)
    assert set(receiver.ids) == {str(id) for id in OutboxMessage.objects.values_list("id", flat=True)}
    assert broken() == {}


def _come_due() -> bool:
    """Let what was taken back go at once."""
    if Delivery.objects.filter(state="pending", attempts__gt=0).exists():
        pass_time(6)
    return True

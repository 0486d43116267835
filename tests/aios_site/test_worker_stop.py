"""TERM to a worker: what it holds is finished or handed back, within seconds, and its process ends by itself."""

import signal
from pathlib import Path

import pytest
from django.db import transaction

from review.models import Item
from review.services.sweep import announce_received
from tests.conftest import House, build_house
from tests.processes import SLOW_WORKER, eventually, started
from tests.workers import receive, run_locally, states


@pytest.fixture
def busy_house(live_db: None, monkeypatch: pytest.MonkeyPatch) -> House:
    with transaction.atomic():
        house = build_house()
        run_locally(house, monkeypatch)
        receive(house, "one", "two", "three")
    return house


def now(house: House) -> dict[str, int]:
    with transaction.atomic():
        house.enter()
        return dict(states(house))


@pytest.mark.parametrize(
    ("model_s", "left"),
    [("1", {"resolved": 3}), ("60", {"received": 3})],
    ids=["a short batch is finished", "a long batch is handed back"],
)
def test_a_stopped_worker_leaves_nothing_in_its_hands(
    busy_house: House, tmp_path: Path, model_s: str, left: dict[str, int]
) -> None:
    environment = {"AIOS_TEST_MODEL_S": model_s, "AIOS_WORKER_GRACE_S": "3"}
    with started(SLOW_WORKER, tmp_path / "worker.log", environment) as worker:
        announce_received()
        eventually(lambda: now(busy_house) == {"predicting": 3}, what="predicting")
        worker.signal(signal.SIGTERM)
        assert worker.ended(within_s=20) == 0
    assert now(busy_house) == left, worker.log.read_text()
    with transaction.atomic():
        busy_house.enter()
        tried = set(Item.objects.values_list("attempts", flat=True))
    assert tried == {0 if "received" in left else 1}

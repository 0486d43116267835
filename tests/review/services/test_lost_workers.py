"""Workers that die in the middle: their items go on under a new fence, and what they finish late changes nothing."""

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
from django.db import transaction

from governance.models import OutboxMessage
from review.domain.losses import BATCH, MOST_LOSSES
from review.models import Item, Outcome
from review.services.pipeline import process_received
from review.services.sweep import sweep_workspace
from review.services.withdraw import withdraw_item
from routing.models import Prediction, RoutingDecision
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.workers import (
    claimed,
    finish,
    kill,
    states,
    trail,
)

pytestmark = pytest.mark.services


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
    for _ in range(MOST_LOSSES):
        assert set(claimed(house)) == {item_id}
        kill(item_id)
        sweep_workspace(house.workspace.id)
        house.enter()
    item = Item.objects.get(id=item_id)
    assert (item.state, item.failure, item.attempts) == ("dead", "worker_lost", MOST_LOSSES)
    assert trail(item_id) == ["item.received"] + ["item.postponed"] * (MOST_LOSSES - 1) + ["item.died"]
    assert broken() == {}


def test_an_item_withdrawn_while_it_is_predicted_stays_withdrawn(house: House) -> None:

    (item_id,) = house.receive("one", confidence=0.99)
    rows = claimed(house)
    withdraw_item(actor=house.actor(house.integrator), item_id=item_id)
    finish(house, rows)
    assert states(house) == {"withdrawn": 1}
    assert not OutboxMessage.objects.exists()
    assert broken() == {}


_WORK = (
    "import sys, django; django.setup();"
    "from uuid import UUID; from review.services.pipeline import process_received;"
    "process_received(workspace_id=UUID(sys.argv[1]), workflow_id=UUID(sys.argv[2]))"
)


@pytest.mark.parametrize("step", ["predict.claimed", "predict.answered", "predict.finished"])
def test_a_worker_that_is_killed_between_its_steps_loses_and_doubles_nothing(live_db: None, step: str) -> None:
    """A thousand items, and kill -9 in the second batch; whatever it held comes back when its lease has run out."""
    with transaction.atomic():
        house = build_house()
        house.receive(*(f"sure {n}" for n in range(800)), confidence=0.99)
        house.receive(*(f"unsure {n}" for n in range(200)), confidence=0.2)
    held = 0 if step == "predict.finished" else BATCH
    done = 2 * BATCH if step == "predict.finished" else BATCH
    workspace, workflow = str(house.workspace.id), str(house.workflow.id)
    environment = os.environ | {"AIOS_FAILPOINT": f"{step}:2", "DJANGO_SETTINGS_MODULE": "aios_site.settings"}
    worker = subprocess.run(
        [sys.executable, "-c", _WORK, workspace, workflow], env=environment, check=False, timeout=60
    )
    assert worker.returncode == -signal.SIGKILL

    def now() -> dict[str, int]:
        with transaction.atomic():
            house.enter()
            return dict(Counter(Item.objects.values_list("state", flat=True)))

    assert now().get("predicting", 0) == held
    assert now()["received"] == 1000 - done - held
    with transaction.atomic():
        house.enter()
        kill(*Item.objects.filter(state="predicting").values_list("id", flat=True))
    sweep_workspace(house.workspace.id)
    process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id)
    assert now() == {"resolved": 800, "in_review": 200}
    with transaction.atomic():
        house.enter()
        assert Outcome.objects.count() == OutboxMessage.objects.count() == 800
        assert RoutingDecision.objects.count() == Prediction.objects.count() == 1000
        assert broken() == {}

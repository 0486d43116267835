"""Workers that die in the middle: their items go on under a new fence, and what they finish late changes nothing."""

import pytest

from governance.models import OutboxMessage
from review.models import Item, Outcome
from review.services.sweep import sweep_workspace
from review.services.withdraw import withdraw_item
from routing.models import Prediction, RoutingDecision
from tests.conftest import House
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

    (item_id,) = house.receive("one", confidence=0.99)
    rows = claimed(house)
    withdraw_item(actor=house.actor(house.integrator), item_id=item_id)
    finish(house, rows)
    assert states(house) == {"withdrawn": 1}
    assert not OutboxMessage.objects.exists()
    assert broken() == {}

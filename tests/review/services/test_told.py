"""Word of items that become final: sent with the commit that makes them so, and only where somebody waits."""

import os
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone

from review.domain.states import DecisionAction
from review.models import Item, Queue
from review.selectors.waiting import CHANNEL
from review.services.claim import claim_reviews
from review.services.decide import Answer, record_decision
from review.services.expect import expect_outcome
from review.services.pipeline import process_received
from review.services.sweep import sweep_workspace
from review.services.withdraw import withdraw_item
from tests.conftest import House, build_house


class Ear:
    """A connection that listens as web processes do."""

    def __init__(self) -> None:
        self.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        self.connection.execute(f"LISTEN {CHANNEL}".encode())

    def heard(self) -> list[UUID]:
        """Return what has come since it was asked last; what is committed has been sent."""
        self.connection.execute("SELECT 1")
        return [UUID(word.payload) for word in self.connection.notifies(timeout=0.2)]


@pytest.fixture
def town(live_db: None) -> House:
    with transaction.atomic():
        return build_house()


@pytest.fixture
def ear(town: House) -> Iterator[Ear]:
    listening = Ear()
    yield listening
    listening.connection.close()


def wait_for(house: House, *ids: UUID) -> None:
    for item_id in ids:
        expect_outcome(actor=house.actor(house.integrator), item_id=item_id, wait_s=30)


def decide_all(house: House) -> None:
    with transaction.atomic():
        house.enter()
        actor = house.actor(house.reviewer)
        answer = Answer(action=DecisionAction.CORRECT, label="other")
        for review in claim_reviews(actor=actor, count=10):
            record_decision(actor=actor, review_id=review.id, fence=review.fence, answer=answer)


def test_a_decision_without_window_tells_of_what_is_waited_for_and_of_nothing_else(town: House, ear: Ear) -> None:
    with transaction.atomic():
        town.enter()
        Queue.objects.update(undo_window_s=0)
        waited, _other = town.in_review("one", "two")
        wait_for(town, waited)
    decide_all(town)
    assert ear.heard() == [waited]


def test_a_held_item_is_told_of_when_its_window_closes_unless_the_wait_is_over(town: House, ear: Ear) -> None:
    with transaction.atomic():
        town.enter()
        waited, over = town.in_review("one", "two")
        wait_for(town, waited, over)
    decide_all(town)
    assert ear.heard() == []

    past = timezone.now() - timedelta(hours=1)
    with transaction.atomic():
        town.enter()
        Item.objects.update(available_at=past)
        Item.objects.filter(id=over).update(waited_until=past)
    sweep_workspace(town.workspace.id)
    assert ear.heard() == [waited]


def test_what_the_machine_decides_is_told_of(town: House, ear: Ear) -> None:
    with transaction.atomic():
        town.enter()
        sure, _other = town.receive("one", "two", confidence=0.99)
        (unsure,) = town.receive("three", confidence=0.1)
        wait_for(town, sure, unsure)
    process_received(workspace_id=town.workspace.id, workflow_id=town.workflow.id)
    assert ear.heard() == [sure]


def test_a_withdrawn_item_is_told_of(town: House, ear: Ear) -> None:
    with transaction.atomic():
        town.enter()
        (item_id,) = town.in_review("one")
        wait_for(town, item_id)
    with transaction.atomic():
        town.enter()
        withdraw_item(actor=town.actor(town.integrator), item_id=item_id)
    assert ear.heard() == [item_id]


def test_nobody_waits_for_a_final_item_nor_for_one_of_another_workspace(town: House) -> None:
    with transaction.atomic():
        town.enter()
        final, foreign = town.in_review("one", "two")
        withdraw_item(actor=town.actor(town.integrator), item_id=final)
        wait_for(town, final)
        expect_outcome(actor=town.actor(town.outsider), item_id=foreign, wait_s=30)
        assert not Item.objects.filter(waited_until__isnull=False).exists()

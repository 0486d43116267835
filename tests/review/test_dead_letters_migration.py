"""Items that had died before dead items said why: the migration tells it of them, whatever workspace they are in."""

from pathlib import Path

import pytest
from django.db import connections, transaction

from review.models import Item
from tests.conftest import build_house
from tests.invariants import broken
from tests.review.services.test_dead_letters import dead

pytestmark = pytest.mark.services

_SQL = Path(__file__).parents[2] / "review/sql/0005_dead_letters.sql"


def test_what_died_before_is_given_its_reason_and_time(live_db: None) -> None:
    with transaction.atomic():
        house = build_house()
        known, lost = dead(house, "one", "two")
        (alive,) = house.receive("three")
        Item.objects.filter(id=lost).update(last_error="the worker stopped in the middle of the prediction")
        Item.objects.update(failure="", died_at=None)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(_SQL.read_text())
    with transaction.atomic():
        house.enter()
        found = {item.id: (item.failure, item.died_at is None) for item in Item.objects.all()}
        assert found == {known: ("unknown_label", False), lost: ("worker_lost", False), alive: ("", True)}
        assert broken() == {}

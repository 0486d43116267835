"""Whoever moves several items at once locks them in the order of their ids, so that nobody waits in a circle."""

import threading
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from django.db import connection, transaction

from governance.domain import system_actor
from governance.selectors.scope import enter_workspace
from review.models import Item, Review
from review.services.claim import claim_reviews
from review.services.pipeline import process_received
from review.services.reopen import expire_leases
from tests.conftest import House, build_house
from tests.review.services.test_races import inside, send, submissions
from tests.threads import together

pytestmark = pytest.mark.services

COUNT = 10


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed, with reviews to claim; the smaller an item's id, the later its turn and its place in the table."""
    with transaction.atomic():
        house = build_house()
    send(house, submissions(COUNT))
    process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id)

    def rank() -> None:
        for number, review in enumerate(Review.objects.order_by("-item_id")):
            Review.objects.filter(id=review.id).update(rank_at=f"2020-01-01T00:{number:02d}Z")
            Item.objects.filter(id=review.item_id).update(value=number)

    inside(house, rank)
    return house


def waits_in_order(house: House, move: Callable[[], int]) -> int:
    """Let `move` wait for the first item and lock all others before it: return what it moved in the end."""
    first_is_locked = threading.Event()

    def other() -> None:
        with transaction.atomic():
            enter_workspace(house.workspace.id)
            ids = list(Item.objects.order_by("id").values_list("id", flat=True))
            lock(ids[:1])
            first_is_locked.set()
            wait_for_a_waiter()
            lock(ids[1:])

    def lock(ids: Sequence[UUID]) -> None:
        list(Item.objects.select_for_update(nowait=True).filter(id__in=ids).order_by("id").values_list("id"))

    def wait_for_a_waiter() -> None:
        for _ in range(400):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"
                )
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.05)
        raise AssertionError("Nobody waits for the first item.")

    def mover() -> int:
        assert first_is_locked.wait(20)
        moved: int = inside(house, in_any_order)
        return moved

    def in_any_order() -> int:
        """Keep the planner from an index that would come upon the items in the right order by chance."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
        return move()

    nobody, moved = together([other, mover])
    assert nobody is None, nobody
    assert isinstance(moved, int), moved
    return moved


def test_a_claim_locks_its_items_in_order(stored: House) -> None:
    actor = inside(stored, lambda: stored.actor(stored.reviewer))

    assert waits_in_order(stored, lambda: len(claim_reviews(actor=actor, count=COUNT))) == COUNT


def test_expiry_locks_its_items_in_order(stored: House) -> None:
    actor = inside(stored, lambda: stored.actor(stored.reviewer))
    inside(stored, lambda: claim_reviews(actor=actor, count=COUNT))

    def let_time_run_out() -> None:
        for number, review in enumerate(Review.objects.filter(state="leased").order_by("-item_id")):
            Review.objects.filter(id=review.id).update(lease_until=f"2020-01-01T00:{number:02d}Z")

    inside(stored, let_time_run_out)

    assert waits_in_order(stored, lambda: expire_leases(actor=system_actor(stored.workspace.id))) == COUNT

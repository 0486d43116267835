"""Everything that touches endpoints, deliveries, items and messages at once: nobody waits for each other in a circle."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, OperationalError
from django.utils import timezone

from governance.domain import Actor, ProductError
from governance.models import Delivery, WebhookEndpoint
from governance.services.deliver import Deliverer
from governance.services.endpoints import (
    change_endpoint,
    disable_endpoint,
    enable_endpoint,
    ping_endpoint,
    replay_delivery,
    replay_range,
    rotate_secret,
)
from governance.services.forgetting import forget_events
from governance.services.relay import publish_due
from review.models import Item, Queue, Review
from review.services.amend import amend_item
from review.services.claim import claim_reviews
from review.services.delivered import record_delivered
from review.services.sweep import sweep_workspace
from review.services.withdraw import withdraw_item
from routing.models import Workflow
from tests.conftest import House
from tests.governance.delivery.receiver import Answer, Receiver, status
from tests.governance.delivery.scene import deliver, endpoint_at, resolve, within
from tests.invariants import broken
from tests.raw_server import Exchange
from tests.review.services.test_loop import decide
from tests.threads import together

pytestmark = pytest.mark.services
SECONDS = 8


def moody(seed: int) -> Answer:
    """Mostly take it."""
    dice = random.Random(seed)

    def answer(exchange: Exchange) -> None:
        line = dice.choice(["200 OK"] * 12 + ["500 Oops", "503 Busy", "410 Gone"])
        status(line, *(["Retry-After: 0"] if line.startswith("503") else []))(exchange)

    return answer


def test_everything_at_once_locks_nobody_out(town: House) -> None:
    Workflow.objects.update(draw_rate=0.5)
    Queue.objects.update(role="", undo_window_s=0)
    items = resolve(town, *[f"text {number}" for number in range(60)])
    owner, reviewer = (within(town, lambda who=who: town.actor(town.people[who])) for who in ("owner", "reviewer"))
    until = time.monotonic() + SECONDS

    def keep(seed: int, work: Callable[[random.Random], object]) -> Callable[[], int]:
        def run() -> int:
            dice, times = random.Random(seed), 0
            while time.monotonic() < until:
                try:
                    within(town, lambda: work(dice))
                except ProductError:
                    continue
                times += 1
            return times

        return run

    def send() -> int:
        settled = 0
        with Deliverer(on_delivered=record_delivered) as deliverer:
            while time.monotonic() < until:
                publish_due()
                settled += deliverer.round(for_s=0.3, wait_s=0.05)
        return settled

    with Receiver(then=moody(1)) as receiver:
        endpoint = endpoint_at(town, receiver).endpoint
        jobs = [
            send,
            keep(1, lambda dice: _configure(dice, owner, endpoint)),
            keep(2, lambda dice: _replay(dice, owner, endpoint)),
            keep(
                3,
                lambda dice: amend_item(
                    actor=owner, item_id=dice.choice(items), label=dice.choice(["billing", "other"])
                ),
            ),
            keep(4, lambda dice: _review(dice, reviewer)),
            keep(5, lambda dice: _more(dice, town)),
            keep(6, lambda dice: _withdraw(dice, owner)),
            lambda: _sweep(town, until),
        ]
        results = together(jobs)
        failed = [result for result in results if isinstance(result, BaseException)]
        assert not [one for one in failed if isinstance(one.__cause__, psycopg.errors.DeadlockDetected)], failed
        assert not [one for one in failed if isinstance(one, DatabaseError)], failed
        assert failed == []
        assert min(int(str(result)) for result in results) > 2, results

        receiver.then = status("200 OK")
        within(town, lambda: enable_endpoint(actor=owner, endpoint=endpoint))
        Delivery.objects.filter(state="pending").update(next_attempt_at=timezone.now())
        WebhookEndpoint.objects.update(paused_until=None)
        deliver(town, rounds=20)
    assert not Delivery.objects.exclude(state__in=["delivered", "failed"]).exists()
    assert broken() == {}


def _configure(dice: random.Random, owner: Actor, endpoint: WebhookEndpoint) -> None:
    time.sleep(0.01)
    choice = dice.randrange(5)
    if choice == 0:
        change_endpoint(actor=owner, endpoint=endpoint, concurrency=dice.randrange(1, 9))
    elif choice == 1:
        disable_endpoint(actor=owner, endpoint=endpoint)
    elif choice == 2:
        rotate_secret(actor=owner, endpoint=endpoint, overlap_s=0)
    else:
        enable_endpoint(actor=owner, endpoint=endpoint)
        ping_endpoint(actor=owner, endpoint=endpoint)


def _replay(dice: random.Random, owner: Actor, endpoint: WebhookEndpoint) -> None:
    time.sleep(0.02)
    if dice.random() < 0.2:
        now = timezone.now()
        replay_range(actor=owner, endpoint=endpoint, since=now - timedelta(seconds=2), until=now)
        return
    ids = list(Delivery.objects.filter(state="delivered").values_list("id", flat=True)[:50])
    if ids:
        replay_delivery(actor=owner, delivery_id=dice.choice(ids))


def _review(dice: random.Random, reviewer: Actor) -> None:
    """Claim several at once, some of them of items that have left, and answer one or let it expire."""
    leased = claim_reviews(actor=reviewer, count=dice.randrange(1, 6))
    for review in leased[:1]:
        decide(reviewer, review, label="billing" if dice.random() < 0.5 else "delivery")
    Review.objects.filter(state="leased").update(lease_until=timezone.now() - timedelta(seconds=1))


def _more(dice: random.Random, house: House) -> list[UUID]:
    return house.in_review("more", confidence=dice.choice([0.2, 0.95]))


def _withdraw(dice: random.Random, owner: Actor) -> None:
    time.sleep(0.02)
    ids = list(Item.objects.filter(state__in=["in_review", "held"]).values_list("id", flat=True)[:20])
    if ids:
        withdraw_item(actor=owner, item_id=dice.choice(ids))


def _sweep(house: House, until: float) -> int:
    times = 0
    while time.monotonic() < until:
        try:
            sweep_workspace(house.workspace.id)
            forget_events()
        except OperationalError as failure:
            raise failure from failure.__cause__
        times += 1
    return times

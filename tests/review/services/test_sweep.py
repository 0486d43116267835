"""What time overtakes: leases, windows, predictions; in every workspace, once, and never early."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from governance.models import AuditEvent, AuditPayload, OutboxMessage
from governance.selectors.scope import enter_workspace
from review.domain.errors import UndoWindowClosedError
from review.models import Item, Queue, Review
from review.services import sweep
from review.services.claim import claim_reviews, renew_lease
from review.services.decide import Decided
from review.services.sweep import sweep_once, sweep_workspace
from review.services.undo import undo_decision
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.review.services.test_loop import decide
from tests.threads import together

pytestmark = pytest.mark.services

PAST = timedelta(hours=1)
AGES_AGO = "2020-01-01T00:00Z"


def swept(house: House) -> int:
    moved = sweep_workspace(house.workspace.id)
    house.enter()
    return moved


def trail(item_id: UUID) -> list[str]:
    return list(AuditEvent.objects.filter(stream_id=item_id).order_by("stream_seq").values_list("action", flat=True))


def test_nothing_is_swept_before_its_time(house: House) -> None:
    house.in_review("one", "two")
    (review, other) = claim_reviews(actor=house.actor(house.reviewer), count=2)
    decide(house.actor(house.reviewer), review)
    assert swept(house) == 0
    assert Review.objects.get(id=other.id).state == "leased"


def test_a_lease_that_ran_out_opens_its_review_under_a_new_fence(house: House) -> None:
    (item_id,) = house.in_review("one")
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    Review.objects.update(lease_until=timezone.now() - PAST)
    assert swept(house) == 1
    row = Review.objects.get()
    assert (row.state, row.holder_id, row.lease_until, row.fence, row.attempts) == ("open", None, None, 2, 1)
    event = AuditEvent.objects.get(action="review.expired")
    expected = f'{{"fence":{review.fence},"review":"{review.id}"}}'.encode()
    assert bytes(AuditPayload.objects.get(event_id=event.id).body) == expected
    assert event.actor_kind == "system"
    assert trail(item_id) == ["item.received", "item.routed", "review.claimed", "review.expired"]
    assert broken() == {}
    assert swept(house) == 0


def test_a_renewed_lease_is_not_swept(house: House) -> None:
    house.in_review("one")
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    Review.objects.update(lease_until=timezone.now() - PAST)
    renew_lease(actor=house.actor(house.reviewer), review_id=review.id, fence=review.fence)
    assert swept(house) == 0


def test_a_window_of_no_seconds_resolves_at_once_and_can_not_be_undone(house: House) -> None:
    Queue.objects.update(undo_window_s=0)
    (item_id,) = house.in_review("one")
    reviewer = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=reviewer, count=1)
    decided = decide(reviewer, review)
    assert isinstance(decided, Decided)
    assert decided.decision_id is not None
    assert decided.undo_until == decided.recorded_at
    assert Item.objects.get(id=item_id).state == "resolved"
    assert OutboxMessage.objects.get().due_at == decided.recorded_at
    with pytest.raises(UndoWindowClosedError), transaction.atomic():
        undo_decision(actor=reviewer, decision_id=decided.decision_id)
    assert swept(house) == 0
    assert broken() == {}


def test_the_end_of_the_window_resolves_what_was_decided(house: House) -> None:
    (item_id,) = house.in_review("one")
    reviewer = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=reviewer, count=1)
    decided = decide(reviewer, review)
    assert isinstance(decided, Decided)
    item = Item.objects.get(id=item_id)
    assert item.available_at == decided.undo_until == OutboxMessage.objects.get().due_at
    Item.objects.update(available_at=AGES_AGO)
    assert swept(house) == 1
    item.refresh_from_db()
    assert item.state == "resolved"
    event = AuditEvent.objects.get(action="item.resolved")
    body = bytes(AuditPayload.objects.get(event_id=event.id).body)
    assert body == f'{{"outcome":"{item.outcome_id}"}}'.encode()
    assert broken() == {}


def test_more_than_a_batch_is_swept_in_one_call(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 4)
    house.in_review(*(f"text {n}" for n in range(11)))
    house.receive(*(f"stuck {n}" for n in range(9)))
    for _ in range(2):
        claim_reviews(actor=house.actor(house.reviewer), count=6)
    Review.objects.filter(state="leased").update(lease_until=timezone.now() - PAST)
    Item.objects.filter(state="received").update(
        state="predicting", lease_until=timezone.now() - PAST, fence=1, attempts=1
    )
    assert swept(house) == 11 + 9
    assert broken() == {}


def test_every_workspace_with_something_due_is_swept(house: House) -> None:
    second = build_house()
    for one in (house, second):
        one.enter()
        one.in_review("one")
        claim_reviews(actor=one.actor(one.reviewer), count=1)
        Review.objects.update(lease_until=timezone.now() - PAST)
    assert sweep_once() == 2
    for one in (house, second):
        one.enter()
        assert Review.objects.get().state == "open"
        assert broken() == {}


def test_a_workspace_that_can_not_be_swept_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    houses = [house, build_house()]
    for one in houses:
        one.enter()
        one.in_review("one")
        claim_reviews(actor=one.actor(one.reviewer), count=1)
        Review.objects.update(lease_until=timezone.now() - PAST)
    expire, told = sweep._expire, []

    def fail_first(actor: object) -> int:
        told.append(actor)
        if len(told) == 1:
            message = "something of this workspace"
            raise ValueError(message)
        return expire(actor)  # type: ignore[arg-type]

    monkeypatch.setattr(sweep, "_expire", fail_first)
    announced: list[bool] = []
    monkeypatch.setattr(sweep, "announce_received", lambda: announced.append(True))
    sweep_once()
    opened = []
    for one in houses:
        one.enter()
        opened.append(Review.objects.get().state)
    assert sorted(opened) == ["leased", "open"]
    assert announced == [True]


def test_two_sweepers_move_every_row_once(live_db: None) -> None:
    with transaction.atomic():
        house = build_house()
        house.in_review(*(f"text {n}" for n in range(60)))
        for who in ("reviewer", "colleague", "lead"):
            for _ in range(2):
                claim_reviews(actor=house.actor(house.people[who]), count=10)
        Review.objects.update(lease_until=timezone.now() - PAST)
    results = together([lambda: sweep_workspace(house.workspace.id)] * 4)
    assert sum(result for result in results if isinstance(result, int)) == 60
    with transaction.atomic():
        enter_workspace(house.workspace.id)
        assert Review.objects.filter(state="open", fence=2).count() == 60
        assert broken() == {}

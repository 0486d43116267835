"""Putting reviews off: nobody's until then, everybody's afterwards."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.domain import Actor, InvalidError, NotFoundError, ProductError, uuid7
from governance.models import AuditEvent, AuditPayload
from governance.selectors.scope import enter_workspace
from governance.statements import fetch
from review.domain.errors import StaleFenceError
from review.domain.states import DecisionAction
from review.models import LateAnswer, Review
from review.selectors.leased import LeasedReview
from review.selectors.queues import queues_for
from review.services.claim import claim_reviews
from review.services.decide import Answer, Decided, record_decision
from review.services.drafts import DraftContent, save_draft
from review.services.pipeline import process_received
from review.services.reopen import release_review
from review.services.snooze import LATEST, SOONEST, snooze_review
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.review.services.test_loop import actions_of, decide
from tests.threads import together

pytestmark = pytest.mark.services


@pytest.fixture
def reviewer(house: House) -> Actor:
    """The reviewer, with one item in review."""
    house.in_review("pay")
    return house.actor(house.reviewer)


def claim(actor: Actor) -> LeasedReview:
    (review,) = claim_reviews(actor=actor, count=1)
    return review


def later(hours: float = 2) -> datetime:
    return timezone.now() + timedelta(hours=hours)


def snooze(actor: Actor, review: LeasedReview, until: datetime | None = None, note: str = "") -> datetime:
    return snooze_review(actor=actor, review_id=review.id, fence=review.fence, until=until or later(), note=note)


def wake() -> None:
    Review.objects.update(snoozed_until=timezone.now() - timedelta(days=1))


def test_a_snoozed_review_is_nobodys_until_its_time_and_everybodys_afterwards(house: House, reviewer: Actor) -> None:
    review = claim(reviewer)
    until = later()
    assert snooze(reviewer, review, until) == until
    stored = Review.objects.get()

    assert (stored.state, stored.holder_id, stored.fence, stored.snoozed_until) == (
        "open",
        None,
        review.fence + 1,
        until,
    )
    assert [claim_reviews(actor=house.actor(one), count=5) for one in (house.reviewer, house.colleague)] == [[], []]
    wake()
    assert claim(house.actor(house.colleague)).id == review.id
    assert broken() == {}


def test_the_trail_says_until_when_and_why(house: House, reviewer: Actor) -> None:
    review = claim(reviewer)
    until = later()
    snooze(reviewer, review, until, "waits for the carrier")
    event = AuditEvent.objects.get(action="review.snoozed")

    assert json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body)) == {
        "fence": review.fence,
        "note": "waits for the carrier",
        "review": str(review.id),
        "until": until.isoformat(),
    }
    assert event.actor_pseudonym == reviewer.pseudonym


def test_a_snoozed_review_is_not_counted_as_waiting_until_its_time(house: House, reviewer: Actor) -> None:
    house.in_review("another")
    Review.objects.update(due_at=timezone.now() - timedelta(hours=1))
    snooze(reviewer, claim(reviewer))

    def counts() -> list[tuple[int, int, int]]:
        rows = fetch("SELECT depth, overdue, leased FROM aios_queue_counts() WHERE key = 'triage'", {})
        (queue,) = [queue for queue in queues_for(reviewer) if queue.key == "triage"]
        return [*(tuple(row.values()) for row in rows), (queue.depth, queue.overdue, queue.leased)]

    assert counts() == [(1, 1, 0)] * 2
    wake()
    assert counts() == [(2, 2, 0)] * 2


def test_due_time_and_rank_stay(reviewer: Actor) -> None:
    before = Review.objects.values("due_at", "rank_at").get()
    snooze(reviewer, claim(reviewer))

    assert Review.objects.values("due_at", "rank_at").get() == before


def test_a_draft_waits_for_whoever_wrote_it(reviewer: Actor) -> None:
    review = claim(reviewer)
    save_draft(actor=reviewer, review_id=review.id, fence=review.fence, content=DraftContent(note="so far"))
    snooze(reviewer, review)
    wake()
    draft = claim(reviewer).draft

    assert draft is not None
    assert draft.note == "so far"


def test_a_stale_fence_snoozes_nothing(house: House, reviewer: Actor) -> None:
    review = claim(reviewer)
    release_review(actor=reviewer, review_id=review.id, fence=review.fence)
    with pytest.raises(StaleFenceError), transaction.atomic():
        snooze(reviewer, review)
    theirs = claim(house.actor(house.colleague))
    with pytest.raises(StaleFenceError), transaction.atomic():
        snooze(reviewer, theirs)

    assert Review.objects.get().snoozed_until is None
    assert "review.snoozed" not in actions_of(review.item_id)


def test_an_answer_after_snoozing_is_kept_as_late(reviewer: Actor) -> None:
    review = claim(reviewer)
    snooze(reviewer, review)

    assert isinstance(decide(reviewer, review), StaleFenceError)
    assert LateAnswer.objects.count() == 1


def test_a_repeated_snooze_answers_alike_and_changes_nothing(reviewer: Actor) -> None:
    review = claim(reviewer)
    until = later()

    assert [snooze(reviewer, review, until), snooze(reviewer, review, until)] == [until, until]
    with pytest.raises(StaleFenceError), transaction.atomic():
        snooze(reviewer, review, until + timedelta(hours=1))
    assert actions_of(review.item_id).count("review.snoozed") == 1
    assert broken() == {}


@pytest.mark.parametrize(
    "ahead",
    [SOONEST - timedelta(seconds=5), -timedelta(days=1), LATEST + timedelta(minutes=1), timedelta(days=900_000)],
    ids=["too soon", "past", "too late", "far too late"],
)
def test_a_review_is_put_off_for_a_minute_to_thirty_days(reviewer: Actor, ahead: timedelta) -> None:
    review = claim(reviewer)
    with pytest.raises(InvalidError) as refused, transaction.atomic():
        snooze(reviewer, review, timezone.now() + ahead)

    assert refused.value.extra == {"pointer": "/until"}
    assert Review.objects.get().state == "leased"


@pytest.mark.parametrize("ahead", [SOONEST, LATEST], ids=["soonest", "latest"])
def test_the_ends_of_the_range_are_in_it(reviewer: Actor, ahead: timedelta) -> None:
    slack = timedelta(seconds=30) if ahead is SOONEST else -timedelta(seconds=30)

    assert snooze(reviewer, claim(reviewer), timezone.now() + ahead + slack)


def test_a_review_that_is_not_there_is_not_found(reviewer: Actor) -> None:
    with pytest.raises(NotFoundError), transaction.atomic():
        snooze_review(actor=reviewer, review_id=uuid7(), fence=1, until=later())


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed."""
    with transaction.atomic():
        return build_house()


def inside(house: House, work: Callable[[], Any]) -> Any:
    with transaction.atomic():
        enter_workspace(house.workspace.id)
        return work()


def test_of_snoozing_answering_and_giving_back_at_once_one_happens(stored: House) -> None:
    inside(stored, lambda: stored.receive(*(f"text {n}" for n in range(10))))
    process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)
    actor = inside(stored, lambda: stored.actor(stored.reviewer))
    answer = Answer(action=DecisionAction.CORRECT, label="other")
    for review in inside(stored, lambda: claim_reviews(actor=actor, count=10)):
        jobs: list[Callable[[], Any]] = [
            lambda r=review: inside(stored, lambda: snooze(actor, r)),
            lambda r=review: inside(
                stored, lambda: record_decision(actor=actor, review_id=r.id, fence=r.fence, answer=answer)
            ),
            lambda r=review: inside(stored, lambda: release_review(actor=actor, review_id=r.id, fence=r.fence)),
        ]
        results = together(jobs)
        assert not [one for one in results if isinstance(one, BaseException) and not isinstance(one, ProductError)]
        snoozed, decided, released = results
        done = [isinstance(snoozed, datetime), isinstance(decided, Decided), released is None]
        assert done.count(True) == 1, results

    assert inside(stored, broken) == {}

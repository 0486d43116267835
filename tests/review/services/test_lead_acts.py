"""What a lead does: taking a review back, and pausing a queue."""

import json

import pytest
from django.db import transaction

from governance.domain import ForbiddenError, InvalidError, NotFoundError, uuid7
from governance.models import AuditEvent, AuditPayload, Notice
from review.domain.errors import QueueMissingError, StaleFenceError
from review.models import Item, LateAnswer, Queue, Review
from review.services.claim import claim_reviews
from review.services.decide import Decided
from review.services.queues import pause_queue
from review.services.take_back import NotHeldError, take_back_review
from tests.conftest import House
from tests.invariants import broken
from tests.review.services.test_loop import actions_of, decide


def test_what_is_taken_back_is_open_for_everyone_under_a_new_fence(house: House) -> None:
    (item_id,) = house.in_review("pay")
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    Review.objects.filter(id=review.id).update(assigned_to=house.reviewer.id)
    take_back_review(actor=house.actor(house.lead), review_id=review.id)

    row = Review.objects.get(id=review.id)
    assert (row.state, row.holder_id, row.lease_until, row.fence) == ("open", None, None, review.fence + 1)
    assert actions_of(item_id)[-1] == "review.taken_back"
    assert [one.id for one in claim_reviews(actor=house.actor(house.colleague), count=1)] == [review.id]
    assert broken() == {}


def test_its_holder_is_told_and_nobody_else(house: House) -> None:
    (item_id,) = house.in_review("pay")
    reviewer, lead = house.actor(house.reviewer), house.actor(house.lead)
    (review,) = claim_reviews(actor=reviewer, count=1)
    take_back_review(actor=lead, review_id=review.id)
    notice = Notice.objects.get()
    assert (notice.person_id, notice.kind, notice.object_id) == (house.reviewer.id, "taken_back", item_id)
    assert lead.name in notice.text

    claim_reviews(actor=lead, count=1)
    take_back_review(actor=lead, review_id=review.id)
    assert Notice.objects.count() == 1


def test_the_trail_names_the_holder_by_pseudonym(house: House) -> None:
    house.in_review("pay")
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    take_back_review(actor=house.actor(house.lead), review_id=review.id)

    event = AuditEvent.objects.get(action="review.taken_back")
    assert event.actor_pseudonym == house.membership(house.lead).pseudonym
    assert json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body)) == {
        "fence": review.fence,
        "holder": str(house.membership(house.reviewer).pseudonym),
        "review": str(review.id),
    }


def test_an_answer_that_still_comes_is_kept_as_a_second_opinion(house: House) -> None:
    (item_id,) = house.in_review("pay")
    reviewer = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=reviewer, count=1)
    take_back_review(actor=house.actor(house.lead), review_id=review.id)

    assert isinstance(decide(reviewer, review), StaleFenceError)
    assert LateAnswer.objects.get(review_id=review.id).body["label"] == "delivery"
    assert Item.objects.get(id=item_id).state == "in_review"
    (again,) = claim_reviews(actor=house.actor(house.colleague), count=1)
    assert isinstance(decide(house.actor(house.colleague), again), Decided)
    assert broken() == {}


def test_what_nobody_holds_can_not_be_taken_back(house: House) -> None:
    house.in_review("pay")
    lead = house.actor(house.lead)
    review = Review.objects.get()
    with pytest.raises(NotHeldError), transaction.atomic():
        take_back_review(actor=lead, review_id=review.id)
    with pytest.raises(NotFoundError), transaction.atomic():
        take_back_review(actor=lead, review_id=uuid7())
    assert Review.objects.get().fence == review.fence


def test_only_who_leads_takes_back(house: House) -> None:
    house.in_review("pay")
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    for who in (house.reviewer, house.colleague, house.auditor, house.integrator):
        with pytest.raises(ForbiddenError), transaction.atomic():
            take_back_review(actor=house.actor(who), review_id=review.id)
    assert Review.objects.get().state == "leased"


def test_a_paused_queue_hands_nothing_out_and_leaves_what_is_held(house: House) -> None:
    house.in_review("one", "two")
    reviewer, lead = house.actor(house.reviewer), house.actor(house.lead)
    (review,) = claim_reviews(actor=reviewer, count=1)
    pause_queue(actor=lead, key="triage", is_paused=True, reason="wrong instructions")

    assert claim_reviews(actor=house.actor(house.colleague), count=1) == []
    assert isinstance(decide(reviewer, review), Decided)
    pause_queue(actor=lead, key="triage", is_paused=False, reason="instructions corrected")
    assert len(claim_reviews(actor=house.actor(house.colleague), count=1)) == 1
    actions = AuditEvent.objects.filter(stream_id=house.queue.id).order_by("stream_seq")
    assert list(actions.values_list("action", flat=True)) == ["queue.paused", "queue.resumed"]


def test_pausing_again_changes_nothing(house: House) -> None:
    lead = house.actor(house.lead)
    pause_queue(actor=lead, key="triage", is_paused=True, reason="wrong instructions")
    pause_queue(actor=lead, key="triage", is_paused=True, reason="wrong instructions")
    assert AuditEvent.objects.filter(action="queue.paused").count() == 1


def test_a_pause_needs_a_lead_a_reason_and_a_queue(house: House) -> None:
    lead = house.actor(house.lead)
    with pytest.raises(ForbiddenError), transaction.atomic():
        pause_queue(actor=house.actor(house.reviewer), key="triage", is_paused=True, reason="a")
    with pytest.raises(InvalidError), transaction.atomic():
        pause_queue(actor=lead, key="triage", is_paused=True, reason="  ")
    with pytest.raises(QueueMissingError), transaction.atomic():
        pause_queue(actor=lead, key="no-such", is_paused=True, reason="a")
    assert not Queue.objects.filter(is_paused=True).exists()

"""Several people at once: two leads give a review away, bulk meets claims, and a member is removed while being asked."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from governance.domain import ProductError
from governance.models import AuditEvent, Notice
from governance.services.members import change_member
from review.domain.states import DecisionAction
from review.models import AnswerTemplate, Decision, Queue, Review
from review.services.assign import assign_review
from review.services.bulk import decide_in_bulk
from review.services.claim import claim_reviews
from review.services.decide import Answer, Decided, record_decision
from review.services.templates import TemplateNameTakenError, create_template
from tests.conftest import House, build_house
from tests.review.services.test_races import assert_sound, inside
from tests.threads import together

pytestmark = pytest.mark.services

ANSWER = Answer(action=DecisionAction.CORRECT, label="other", reason_code="same")


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed, with twenty reviews that may be answered together."""
    with transaction.atomic():
        house = build_house()
        Queue.objects.update(allows_bulk=True)
        house.in_review(*(f"text {n}" for n in range(20)))
    return house


def test_of_two_leads_who_give_a_review_away_at_once_the_later_one_counts(stored: House) -> None:
    review_id = inside(stored, lambda: Review.objects.order_by("id")[0].id)
    leads = inside(stored, lambda: [stored.actor(stored.lead), stored.actor(stored.owner)])
    for _ in range(5):

        def give(lead: Any, person: Any) -> Callable[[], object]:
            return lambda: inside(stored, lambda: assign_review(actor=lead, review_id=review_id, person=person))

        results = together([give(leads[0], stored.reviewer.id), give(leads[1], stored.colleague.id)])
        assert not [result for result in results if isinstance(result, BaseException)], results
    with transaction.atomic():
        stored.enter()
        events = AuditEvent.objects.filter(action="review.assigned").order_by("-stream_seq")
        last = events[0].actor_pseudonym
        given_by = {leads[0].pseudonym: stored.reviewer.id, leads[1].pseudonym: stored.colleague.id}
        assert Review.objects.get(id=review_id).assigned_to == given_by[last]
        assert Notice.objects.count() == events.count()
    assert_sound(stored)


def test_a_review_is_given_or_claimed_and_never_half_of_both(stored: House) -> None:
    lead = inside(stored, lambda: stored.actor(stored.lead))
    reviewer = inside(stored, lambda: stored.actor(stored.reviewer))
    ids = inside(stored, lambda: list(Review.objects.values_list("id", flat=True)))

    def give() -> list[object]:
        done: list[object] = []
        for review_id in ids:
            try:
                done.append(
                    inside(
                        stored,
                        lambda r=review_id: assign_review(actor=lead, review_id=r, person=stored.colleague.id),
                    )
                )
            except ProductError as refused:
                done.append(refused)
        return done

    def claim() -> int:
        return sum(len(inside(stored, lambda: claim_reviews(actor=reviewer, count=3))) for _ in range(10))

    given, claimed = together([give, claim])
    assert isinstance(given, list), given
    assert isinstance(claimed, int), claimed
    with transaction.atomic():
        stored.enter()
        assert Review.objects.filter(holder=stored.reviewer, state="leased").count() == claimed
        assert not Review.objects.filter(holder=stored.reviewer, assigned_to__isnull=False).exists()
        assert Review.objects.filter(assigned_to=stored.colleague.id).count() == len(ids) - claimed
    assert_sound(stored)


def test_bulk_and_claims_at_the_same_moment_answer_each_review_once(stored: House) -> None:
    actors = {name: inside(stored, lambda n=name: stored.actor(stored.people[n])) for name in ("reviewer", "colleague")}
    ids = inside(stored, lambda: list(Review.objects.values_list("id", flat=True)))

    def claim() -> list[object]:
        actor, done = actors["colleague"], []
        for _ in range(12):
            for review in inside(stored, lambda: claim_reviews(actor=actor, count=2)):
                fence = review.fence
                done += [
                    inside(
                        stored,
                        lambda r=review.id, f=fence: record_decision(actor=actor, review_id=r, fence=f, answer=ANSWER),
                    )
                ]
        return done

    def bulk(backwards: bool) -> Callable[[], Any]:
        order = ids[::-1] if backwards else ids
        return lambda: decide_in_bulk(actor=actors["reviewer"], review_ids=order, answer=ANSWER)

    one, other, claimed = together([bulk(False), bulk(True), claim])
    assert isinstance(one, list), one
    assert isinstance(other, list), other
    assert isinstance(claimed, list), claimed
    decided = [result for result in [*one, *other] if result.decided]
    refused = {result.problem.code for result in [*one, *other] if result.problem}
    assert refused <= {"review_not_open"}
    assert len(decided) + sum(isinstance(result, Decided) for result in claimed) == len(ids)
    assert inside(stored, Decision.objects.count) == len(ids)
    assert_sound(stored)


def test_who_is_removed_while_being_asked_is_told_or_refused(stored: House) -> None:
    reviewer = inside(stored, lambda: stored.actor(stored.reviewer))
    admin = inside(stored, lambda: stored.actor(stored.admin))
    for is_active in (False, True) * 3:
        (review,) = inside(stored, lambda: claim_reviews(actor=reviewer, count=1, queue_key="triage"))
        answer = Answer(action=DecisionAction.ESCALATE, mentions=(stored.colleague.id,))

        def ask(review: Any = review, answer: Answer = answer) -> Any:
            return inside(
                stored,
                lambda: record_decision(actor=reviewer, review_id=review.id, fence=review.fence, answer=answer),
            )

        def change(is_active: bool = is_active) -> Any:
            return inside(
                stored,
                lambda: change_member(actor=admin, membership=stored.membership(stored.colleague), is_active=is_active),
            )

        before = inside(stored, Notice.objects.count)
        asked, changed = together([ask, change])
        assert not isinstance(changed, BaseException), changed
        is_told = isinstance(asked, Decided)
        assert is_told or (isinstance(asked, ProductError) and asked.code == "invalid"), asked
        assert inside(stored, Notice.objects.count) == before + is_told
        if not is_told:
            inside(
                stored,
                lambda r=review: record_decision(actor=reviewer, review_id=r.id, fence=r.fence, answer=ANSWER),
            )
    assert_sound(stored)


def test_of_two_templates_made_at_once_under_one_name_one_is_refused_with_a_reason(stored: House) -> None:
    owner = inside(stored, lambda: stored.actor(stored.owner))

    def make() -> object:
        content = {"name": "Lost", "action": "skip", "label": "", "fields": {}}
        return inside(stored, lambda: create_template(actor=owner, workflow_id=stored.workflow.id, **content))

    for _ in range(5):
        inside(stored, lambda: AnswerTemplate.objects.all().delete())
        results = together([make, make])
        assert {type(result) for result in results} == {AnswerTemplate, TemplateNameTakenError}

"""Drafts: kept for the person until they answer, whatever becomes of their lease."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from governance.domain import Actor, InvalidError, NotFoundError, uuid7
from governance.selectors.scope import enter_workspace
from review.domain.errors import StaleFenceError
from review.domain.states import DecisionAction
from review.models import AnswerTemplate, Draft, Review
from review.selectors.leased import LeasedReview
from review.services.claim import claim_reviews
from review.services.decide import Answer, Decided, record_decision
from review.services.drafts import MOST_FIELDS_BYTES, DraftContent, save_draft
from review.services.forgetting import forget_drafts
from review.services.pipeline import process_received
from review.services.reopen import release_review
from review.services.sweep import sweep_workspace
from review.services.undo import undo_decision
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.review.services.test_loop import actions_of, decide
from tests.threads import together

pytestmark = pytest.mark.services

TYPED = DraftContent(label="other", fields={"urgent": True}, note="half a sent", reason_code="unsure")


def save(actor: Actor, review: LeasedReview, content: DraftContent = TYPED) -> object:
    return save_draft(actor=actor, review_id=review.id, fence=review.fence, content=content)


def claim(actor: Actor) -> LeasedReview:
    (review,) = claim_reviews(actor=actor, count=1)
    return review


def typed_in(review: LeasedReview) -> DraftContent | None:
    """Return what a leased review says was typed."""
    found = review.draft
    if found is None:
        return None
    return DraftContent(label=found.label, fields=found.fields, note=found.note, reason_code=found.reason_code)


@pytest.fixture
def reviewer(house: House) -> Actor:
    """The reviewer, with one item in review."""
    house.in_review("pay")
    return house.actor(house.reviewer)


def expire(house: House) -> None:
    Review.objects.update(lease_until=timezone.now() - timedelta(days=1))
    sweep_workspace(house.workspace.id)
    house.enter()


def test_a_review_without_draft_says_so(reviewer: Actor) -> None:
    assert claim(reviewer).draft is None


def test_a_draft_outlives_the_lease_and_comes_with_the_next_one(house: House, reviewer: Actor) -> None:
    review = claim(reviewer)
    saved_at = save(reviewer, review)
    expire(house)
    again = claim(reviewer)

    assert again.fence > review.fence
    assert typed_in(again) == TYPED
    assert again.draft is not None
    assert again.draft.saved_at == saved_at
    assert broken() == {}


def test_a_draft_leaves_no_event(reviewer: Actor) -> None:
    review = claim(reviewer)
    before = actions_of(review.item_id)
    save(reviewer, review)

    assert actions_of(review.item_id) == before


def test_the_newest_save_wins(reviewer: Actor) -> None:
    review = claim(reviewer)
    first = save(reviewer, review)
    second = save(reviewer, review, DraftContent(note="half a sentence"))

    assert Draft.objects.get().body["note"] == "half a sentence"
    assert str(second) > str(first)


def test_a_draft_that_comes_after_the_lease_has_passed_on_is_kept(house: House, reviewer: Actor) -> None:
    review = claim(reviewer)
    expire(house)
    colleague = house.actor(house.colleague)
    theirs = claim(colleague)
    save(colleague, theirs, DraftContent(note="mine"))

    assert save(reviewer, review) is not None
    assert {draft.person_id: draft.body["note"] for draft in Draft.objects.all()} == {
        reviewer.id: "half a sent",
        colleague.id: "mine",
    }


def test_nobody_gets_the_draft_of_somebody_else(house: House, reviewer: Actor) -> None:
    save(reviewer, claim(reviewer))
    expire(house)

    assert claim(house.actor(house.colleague)).draft is None


def test_a_review_that_one_never_had_takes_no_draft(house: House, reviewer: Actor) -> None:
    review = claim(reviewer)

    with pytest.raises(StaleFenceError) as refused, transaction.atomic():
        save(house.actor(house.colleague), review)
    assert "never leased to you" in str(refused.value)
    with pytest.raises(NotFoundError), transaction.atomic():
        save_draft(actor=reviewer, review_id=uuid7(), fence=1, content=TYPED)
    assert not Draft.objects.exists()


@pytest.mark.parametrize("action", list(DecisionAction))
def test_whoever_ends_the_review_has_no_draft_any_more(house: House, reviewer: Actor, action: DecisionAction) -> None:
    review = claim(reviewer)
    save(reviewer, review)
    label = "delivery" if action is DecisionAction.CORRECT else None
    decide(reviewer, review, action=action, label=label)

    assert not Draft.objects.exists()
    assert broken() == {}


def test_only_ones_own_draft_goes_with_ones_answer(house: House, reviewer: Actor) -> None:
    save(reviewer, claim(reviewer))
    expire(house)
    colleague = house.actor(house.colleague)
    decide(colleague, claim(colleague))

    assert [draft.person_id for draft in Draft.objects.all()] == [reviewer.id]


def test_giving_the_lease_back_keeps_the_draft(reviewer: Actor) -> None:
    review = claim(reviewer)
    save(reviewer, review)
    release_review(actor=reviewer, review_id=review.id, fence=review.fence)

    assert typed_in(claim(reviewer)) == TYPED


@pytest.mark.parametrize("action", list(DecisionAction))
def test_a_draft_on_its_way_does_not_come_back_after_the_answer(reviewer: Actor, action: DecisionAction) -> None:
    review = claim(reviewer)
    decide(reviewer, review, action=action, label="delivery" if action is DecisionAction.CORRECT else None)

    assert save(reviewer, review) is None
    assert not Draft.objects.exists()


def test_after_undoing_there_is_a_new_draft_and_the_old_one_stays_away(reviewer: Actor) -> None:
    review = claim(reviewer)
    save(reviewer, review)
    decided = decide(reviewer, review)
    assert isinstance(decided, Decided)
    assert decided.decision_id is not None
    again = undo_decision(actor=reviewer, decision_id=decided.decision_id)

    assert again.draft is None
    assert save(reviewer, review) is None
    assert save(reviewer, again) is not None


def test_an_answer_that_came_too_late_leaves_the_draft(house: House, reviewer: Actor) -> None:
    review = claim(reviewer)
    save(reviewer, review)
    expire(house)

    assert isinstance(decide(reviewer, review), StaleFenceError)
    assert typed_in(claim(reviewer)) == TYPED


def test_an_empty_draft_takes_the_kept_one_away(reviewer: Actor) -> None:
    review = claim(reviewer)
    save(reviewer, review)

    assert save(reviewer, review, DraftContent()) is None
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (DraftContent(note="x" * 4001), "/note"),
        (DraftContent(fields={"text": "x" * MOST_FIELDS_BYTES}), "/fields"),
        (DraftContent(fields={"text": "ß" * (MOST_FIELDS_BYTES // 2)}), "/fields"),
    ],
    ids=["note", "fields", "bytes, not characters"],
)
def test_a_draft_has_its_limits(reviewer: Actor, content: DraftContent, place: str) -> None:
    with pytest.raises(InvalidError) as refused, transaction.atomic():
        save(reviewer, claim(reviewer), content)
    assert refused.value.extra["pointer"] == place


def test_the_largest_draft_is_kept(reviewer: Actor) -> None:
    largest = DraftContent(note="x" * 4000, fields={"t": "x" * (MOST_FIELDS_BYTES - len('{"t":""}'))})

    assert save(reviewer, claim(reviewer), largest) is not None


def test_a_draft_is_forgotten_after_thirty_days(house: House, reviewer: Actor) -> None:
    house.in_review("another")
    old, new = claim_reviews(actor=reviewer, count=2)
    save(reviewer, old)
    save(reviewer, new)
    Draft.objects.filter(review_id=old.id).update(saved_at=timezone.now() - timedelta(days=30, minutes=1))

    assert forget_drafts() == 1
    house.enter()
    assert [draft.review_id for draft in Draft.objects.all()] == [new.id]


def test_drafts_and_templates_of_another_workspace_do_not_exist(house: House, reviewer: Actor) -> None:
    save(reviewer, claim(reviewer))
    AnswerTemplate.objects.create(
        workspace=house.workspace, workflow=house.workflow, name="Spam", action=DecisionAction.REJECT.value
    )
    enter_workspace(house.other_workspace.id)

    assert not Draft.objects.exists()
    assert not AnswerTemplate.objects.exists()


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed."""
    with transaction.atomic():
        return build_house()


def inside(house: House, work: Callable[[], Any]) -> Any:
    with transaction.atomic():
        enter_workspace(house.workspace.id)
        return work()


def leased(house: House, count: int) -> tuple[Actor, list[LeasedReview]]:
    inside(house, lambda: house.receive(*(f"text {n}" for n in range(count))))
    process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id)
    actor = inside(house, lambda: house.actor(house.reviewer))
    return actor, inside(house, lambda: claim_reviews(actor=actor, count=count))


def test_of_saves_at_once_one_is_kept_whole(stored: House) -> None:
    actor, (review,) = leased(stored, 1)

    def saving(number: int) -> Callable[[], Any]:
        content = DraftContent(note=f"note {number}", fields={"n": number})
        return lambda: inside(stored, lambda: save(actor, review, content))

    saved = together([saving(number) for number in range(8)])
    (body, saved_at), *others = inside(stored, lambda: list(Draft.objects.values_list("body", "saved_at")))

    assert others == []
    assert body["note"] == f"note {body['fields']['n']}"
    assert saved_at == max(saved)  # type: ignore[type-var]
    assert inside(stored, broken) == {}


def test_saving_while_answering_never_leaves_a_draft_of_an_answered_review(stored: House) -> None:
    actor, reviews = leased(stored, 10)
    answer = Answer(action=DecisionAction.CORRECT, label="other")
    for review in reviews:
        jobs: list[Callable[[], Any]] = [
            lambda r=review: inside(stored, lambda: save(actor, r)),
            lambda r=review: inside(
                stored, lambda: record_decision(actor=actor, review_id=r.id, fence=r.fence, answer=answer)
            ),
            lambda r=review: inside(stored, lambda: save(actor, r, DraftContent(note="later"))),
        ]
        results = together(jobs)
        assert isinstance(results[1], Decided), results
        assert not [result for result in results if isinstance(result, BaseException)], results

    assert inside(stored, lambda: list(Draft.objects.all())) == []
    assert inside(stored, broken) == {}


def test_a_draft_is_kept_as_it_was_typed(reviewer: Actor) -> None:
    save(reviewer, claim(reviewer))
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM review_draft")
        body = json.loads(cursor.fetchone()[0])

    assert body == {"label": "other", "fields": {"urgent": True}, "note": "half a sent", "reason_code": "unsure"}

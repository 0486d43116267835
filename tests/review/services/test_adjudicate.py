"""Disagreements in the calibration sample: another person settles them, before anything counts as an error."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from governance.models import AuditEvent, OutboxMessage
from governance.services.relay import publish_batch
from review.domain.errors import NoSuggestionError, StaleFenceError, UndoWindowClosedError
from review.domain.states import DecisionAction
from review.models import Decision, Item, LateAnswer, Outcome, Queue, Review
from review.selectors.leased import LeasedReview
from review.services.amend import amend_item
from review.services.claim import claim_reviews
from review.services.decide import Decided
from review.services.reopen import release_review
from review.services.snooze import snooze_review
from review.services.sweep import sweep_once, sweep_workspace
from review.services.undo import undo_decision
from review.services.withdraw import withdraw_item
from routing.models import Observation, Workflow
from routing.selectors.sample import sample
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.review.services.test_datasets import freeze, rows_of
from tests.review.services.test_loop import decide
from tests.threads import together

pytestmark = pytest.mark.services

WINDOW_S = 30


def claimed(house: House, who: str) -> LeasedReview:
    (review,) = claim_reviews(actor=house.actor(house.people[who]), count=1)
    return review


def past_the_window(item_id: UUID) -> None:
    """Let so much time pass that nothing of the item can be undone any more; decisions are never changed, but windows are."""
    Item.objects.filter(id=item_id).update(available_at=timezone.now() - timedelta(seconds=1))
    OutboxMessage.objects.filter(stream_id=item_id, published_seq=None).update(
        due_at=timezone.now() - timedelta(seconds=1)
    )
    Queue.objects.update(undo_window_s=0)


def swept(house: House) -> int:
    moved = sweep_workspace(house.workspace.id)
    house.enter()
    return moved


def disputed(house: House, confidence: float = 0.95, **answer: Any) -> UUID:
    """A drawn item on which the reviewer disagrees with the model, and somebody else is asked."""
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    (item_id,) = house.in_review("pay", confidence=confidence)
    decide(house.actor(house.reviewer), claimed(house, "reviewer"), **answer)
    past_the_window(item_id)
    assert swept(house) >= 1
    Queue.objects.update(undo_window_s=WINDOW_S)
    return item_id


def observed(item_id: UUID) -> tuple[str | None, bool | None, bool]:
    row = Observation.objects.get(item_id=item_id)
    return row.label, row.wrong, row.closed_at is not None


def outcome_of(item_id: UUID) -> Outcome:
    return Outcome.objects.get(id=Item.objects.get(id=item_id).outcome_id)


def adjudication() -> Review:
    return Review.objects.get(kind="adjudication")


@pytest.mark.parametrize("confidence", [0.95, 0.5])
def test_a_disagreement_is_given_to_a_second_person_in_the_same_queue(house: House, confidence: float) -> None:
    item_id = disputed(house, confidence)

    first, second = Review.objects.order_by("round")
    assert (second.kind, second.round, second.slot, second.state) == ("adjudication", 2, 1, "open")
    assert (second.queue_id, second.priority) == (first.queue_id, first.priority)
    assert second.rank_at <= second.due_at
    assert observed(item_id) == ("delivery", None, False)
    assert AuditEvent.objects.filter(stream_id=item_id, action="adjudication.opened").count() == 1
    assert Item.objects.get(id=item_id).state == "resolved"
    assert broken() == {}
    assert claim_reviews(actor=house.actor(house.reviewer), count=5) == []
    assert swept(house) == 0


@pytest.mark.parametrize("answer", [{"label": "billing"}, {"label": "other", "undone": True}], ids=["agreed", "undone"])
def test_nobody_else_is_asked_where_there_is_no_disagreement(house: House, answer: dict[str, Any]) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    (item_id,) = house.in_review("pay", confidence=0.95)
    decided = decide(house.actor(house.reviewer), claimed(house, "reviewer"), label=answer["label"])
    if answer.get("undone"):
        assert isinstance(decided, Decided)
        assert decided.decision_id is not None
        undo_decision(actor=house.actor(house.reviewer), decision_id=decided.decision_id)
    past_the_window(item_id)
    swept(house)
    assert not Review.objects.filter(kind="adjudication").exists()
    assert broken() == {}


def test_nobody_else_is_asked_while_the_first_answer_can_be_undone(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.in_review("pay", confidence=0.95)
    decide(house.actor(house.reviewer), claimed(house, "reviewer"))
    swept(house)
    assert Review.objects.count() == 1


def test_an_undrawn_disagreement_is_nobodys_to_settle(house: House) -> None:
    (item_id,) = house.in_review("pay")
    decide(house.actor(house.reviewer), claimed(house, "reviewer"))
    past_the_window(item_id)
    swept(house)
    assert Review.objects.count() == 1
    assert observed(item_id) == ("delivery", True, True)


def test_the_adjudicator_sees_two_answers_and_not_whose_they_are(house: House) -> None:
    disputed(house)
    review = claimed(house, "colleague")
    assert review.is_adjudication
    assert review.is_blind
    assert review.prediction is None
    assert sorted(map(str, review.answers)) == ["billing", "delivery"]


def test_answers_come_in_an_order_that_does_not_tell_the_models(house: House) -> None:
    first = []
    for _number in range(16):
        disputed(house)
        first.append(claimed(house, "colleague").answers[0])
    assert set(first) == {"billing", "delivery"}


def test_no_label_is_one_of_the_answers_too(house: House) -> None:
    disputed(house, label=None, action=DecisionAction.REJECT)
    assert set(claimed(house, "colleague").answers) == {"billing", None}


@pytest.mark.parametrize("confidence", [0.95, 0.5])
def test_where_the_model_was_right_the_answer_that_left_is_amended_only_if_it_differs(
    house: House, confidence: float
) -> None:
    item_id = disputed(house, confidence)
    before = outcome_of(item_id)
    decide(house.actor(house.colleague), claimed(house, "colleague"), label="billing")

    assert observed(item_id) == ("billing", False, True)
    outcome = outcome_of(item_id)
    if confidence > 0.9:
        assert outcome == before
        assert OutboxMessage.objects.filter(stream_id=item_id).count() == 1
    else:
        assert (outcome.source, outcome.label, outcome.supersedes) == ("amended", "billing", before.id)
        assert outcome.amended_by == house.actor(house.colleague).pseudonym
    assert Item.objects.get(id=item_id).state == "resolved"
    assert broken() == {}


def test_where_the_model_was_wrong_what_was_delivered_is_amended_after_the_window(house: House) -> None:
    item_id = disputed(house)
    publish_batch(house.workspace.id)
    house.enter()
    decide(house.actor(house.colleague), claimed(house, "colleague"), label="delivery")

    assert observed(item_id) == ("delivery", True, True)
    outcome = outcome_of(item_id)
    assert (outcome.source, outcome.label, outcome.reason_code) == ("amended", "delivery", "adjudicated")
    first, second = OutboxMessage.objects.filter(stream_id=item_id).order_by("due_at")
    assert (first.type, second.type, second.data["label"]) == ("item.resolved", "item.amended", "delivery")
    assert second.due_at > timezone.now() + timedelta(seconds=WINDOW_S - 10)
    assert broken() == {}


def test_a_third_answer_settles_it_as_wrong(house: House) -> None:
    item_id = disputed(house)
    decide(house.actor(house.colleague), claimed(house, "colleague"), label="other", fields={"urgent": True})
    assert observed(item_id) == ("other", True, True)
    assert outcome_of(item_id).fields == {"urgent": True}
    assert broken() == {}


def test_no_label_can_be_the_adjudicated_answer(house: House) -> None:
    item_id = disputed(house)
    decide(house.actor(house.colleague), claimed(house, "colleague"), action=DecisionAction.REJECT, label=None)
    assert observed(item_id) == (None, True, True)
    assert outcome_of(item_id).label is None
    assert broken() == {}


def test_nothing_was_suggested_so_nothing_can_be_accepted(house: House) -> None:
    disputed(house)
    review = claimed(house, "colleague")
    with pytest.raises(NoSuggestionError), transaction.atomic():
        decide(house.actor(house.colleague), review, action=DecisionAction.ACCEPT, label=None)
    decide(house.actor(house.colleague), review)
    assert not Decision.objects.get(review_id=review.id).suggestion_shown


@pytest.mark.parametrize("label", ["billing", "delivery"])
def test_an_adjudication_is_undone_with_what_it_amended(house: House, label: str) -> None:
    item_id = disputed(house)
    before = outcome_of(item_id)
    colleague = house.actor(house.colleague)
    decided = decide(colleague, claimed(house, "colleague"), label=label)
    assert isinstance(decided, Decided)
    assert decided.decision_id is not None

    again = undo_decision(actor=colleague, decision_id=decided.decision_id)

    assert outcome_of(item_id) == before
    assert observed(item_id) == ("delivery", None, False)
    assert OutboxMessage.objects.filter(stream_id=item_id).count() == 1
    assert set(again.answers) == {"billing", "delivery"}
    assert broken() == {}
    decide(colleague, again, label="delivery")
    assert observed(item_id) == ("delivery", True, True)
    assert outcome_of(item_id).supersedes == before.id
    assert broken() == {}


def test_an_adjudication_whose_amendment_was_amended_is_not_undone(house: House) -> None:
    item_id = disputed(house)
    colleague = house.actor(house.colleague)
    decided = decide(colleague, claimed(house, "colleague"), label="delivery")
    assert isinstance(decided, Decided)
    assert decided.decision_id is not None
    amend_item(actor=house.actor(house.owner), item_id=item_id, label="other")
    with pytest.raises(UndoWindowClosedError), transaction.atomic():
        undo_decision(actor=colleague, decision_id=decided.decision_id)
    assert observed(item_id) == ("delivery", True, True)
    assert broken() == {}


def test_the_first_answer_can_not_be_undone_once_somebody_else_is_asked(house: House) -> None:
    disputed(house)
    first = Decision.objects.get()
    with pytest.raises(UndoWindowClosedError), transaction.atomic():
        undo_decision(actor=house.actor(house.reviewer), decision_id=first.id)
    assert broken() == {}


def test_an_amendment_after_somebody_was_asked_leaves_the_sample_alone(house: House) -> None:
    item_id = disputed(house)
    amend_item(actor=house.actor(house.owner), item_id=item_id, label="other")
    assert observed(item_id) == ("delivery", None, False)
    decide(house.actor(house.colleague), claimed(house, "colleague"), label="delivery")
    assert observed(item_id) == ("delivery", True, True)
    assert outcome_of(item_id).label == "delivery"
    amend_item(actor=house.actor(house.owner), item_id=item_id, label="billing")
    assert observed(item_id) == ("delivery", True, True)
    assert broken() == {}


def test_an_agreed_answer_that_is_amended_to_differ_is_settled_by_another_person(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    (item_id,) = house.in_review("pay", confidence=0.95)
    decide(house.actor(house.reviewer), claimed(house, "reviewer"), label="billing")
    past_the_window(item_id)
    amend_item(actor=house.actor(house.owner), item_id=item_id, label="other")
    swept(house)
    assert set(claimed(house, "colleague").answers) == {"billing", "other"}
    assert broken() == {}


@pytest.mark.parametrize("way", ["release", "skip", "expire", "escalate", "snooze"])
def test_an_adjudication_goes_back_like_any_review(house: House, way: str) -> None:
    item_id = disputed(house)
    colleague = house.actor(house.colleague)
    review = claimed(house, "colleague")
    if way == "release":
        release_review(actor=colleague, review_id=review.id, fence=review.fence)
    elif way == "snooze":
        until = timezone.now() + timedelta(hours=1)
        snooze_review(actor=colleague, review_id=review.id, fence=review.fence, until=until)
        Review.objects.update(snoozed_until=None)
    elif way == "expire":
        Review.objects.filter(id=review.id).update(lease_until=timezone.now() - timedelta(seconds=1))
        swept(house)
    else:
        decide(colleague, review, action=DecisionAction(way), label=None, reason_code="unsure")
    row = adjudication()
    assert (row.state, row.fence, row.queue.key) == ("open", 2, "escalations" if way == "escalate" else "triage")
    assert isinstance(decide(colleague, review), StaleFenceError)
    assert observed(item_id) == ("delivery", None, False)
    lead = claimed(house, "lead")
    assert set(lead.answers) == {"billing", "delivery"}
    decide(house.actor(house.lead), lead)
    assert observed(item_id) == ("delivery", True, True)
    assert broken() == {}


def test_a_late_answer_to_an_adjudication_is_kept_and_changes_nothing(house: House) -> None:
    item_id = disputed(house)
    colleague = house.actor(house.colleague)
    review = claimed(house, "colleague")
    release_review(actor=colleague, review_id=review.id, fence=review.fence)
    assert isinstance(decide(colleague, review), StaleFenceError)
    assert LateAnswer.objects.get().review_id == review.id
    assert observed(item_id) == ("delivery", None, False)
    assert broken() == {}


@pytest.mark.parametrize("is_answered", [False, True])
def test_a_drawn_item_that_is_withdrawn_counts_as_wrong(house: House, is_answered: bool) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0, hold_s=600)
    (item_id,) = house.in_review("pay", confidence=0.95)
    if is_answered:
        decide(house.actor(house.reviewer), claimed(house, "reviewer"))
    withdraw_item(actor=house.actor(house.integrator), item_id=item_id)

    assert observed(item_id) == ("delivery" if is_answered else None, None, True)
    found = sample(house.workflow.id, model_version_id=house.workflow.model_version_id)
    assert (found.answered.tolist(), found.closed.tolist(), found.wrong.tolist()) == ([True], [True], [True])
    swept(house)
    assert not Review.objects.filter(kind="adjudication").exists()
    assert broken() == {}


def test_a_dataset_holds_the_last_word_alone(house: House) -> None:
    disputed(house)
    decide(house.actor(house.colleague), claimed(house, "colleague"), label="other")
    rows = rows_of(freeze(house))
    assert [row["label"] for row in rows] == ["other"]


def test_every_workspace_with_a_disagreement_is_swept(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    (item_id,) = house.in_review("pay", confidence=0.95)
    decide(house.actor(house.reviewer), claimed(house, "reviewer"))
    past_the_window(item_id)
    sweep_once()
    house.enter()
    assert adjudication().state == "open"


@pytest.fixture
def stored(live_db: None) -> House:
    with transaction.atomic():
        return build_house()


def test_an_undo_and_the_sweeper_at_once_leave_one_of_both(stored: House) -> None:
    """The window ends while the reviewer reaches for undo."""
    house = stored
    for _round in range(4):
        with transaction.atomic():
            house.enter()
            Queue.objects.update(undo_window_s=0)
            Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
            (item_id,) = house.in_review("pay", confidence=0.95)
            decided = decide(house.actor(house.reviewer), claimed(house, "reviewer"))
            assert isinstance(decided, Decided)

        def undo(decided: Decided = decided) -> object:
            with transaction.atomic():
                house.enter()
                Queue.objects.update(undo_window_s=3)
                assert decided.decision_id is not None
                return undo_decision(actor=house.actor(house.reviewer), decision_id=decided.decision_id)

        together([undo, *[lambda: sweep_workspace(house.workspace.id)] * 2])
        with transaction.atomic():
            house.enter()
            assert broken() == {}
            kinds = list(Review.objects.filter(item_id=item_id).order_by("round").values_list("kind", "state"))
            assert kinds in (
                [("calibration", "leased")],
                [("calibration", "decided"), ("adjudication", "open")],
                [("calibration", "decided")],
            )
            Review.objects.filter(state="leased").update(state="open", holder=None, lease_until=None)
            Review.objects.filter(state="open").update(assigned_to=house.owner.id)

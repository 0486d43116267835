"""Adjudications that are taken back, given back, too late or in nobody's hands any more."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from governance.models import OutboxMessage
from review.domain.errors import StaleFenceError, UndoWindowClosedError
from review.domain.states import DecisionAction
from review.models import Decision, LateAnswer, Queue, Review
from review.services.amend import amend_item
from review.services.decide import Decided
from review.services.reopen import release_review
from review.services.snooze import snooze_review
from review.services.sweep import sweep_workspace
from review.services.undo import undo_decision
from review.services.withdraw import withdraw_item
from routing.models import Workflow
from routing.selectors.sample import sample
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.review.services.disputes import (
    adjudication,
    claimed,
    disputed,
    observed,
    outcome_of,
    past_the_window,
    swept,
)
from tests.review.services.test_loop import decide
from tests.threads import together


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
        Review.objects.filter(id=review.id).update(lease_until=timezone.now() - timedelta(hours=1))
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


@pytest.fixture
def stored(live_db: None) -> House:
    with transaction.atomic():
        return build_house()


@pytest.mark.services
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

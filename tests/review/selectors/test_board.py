"""The lead's board, against the rows it is made of."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import Membership
from review.domain.forecast import Outlook
from review.domain.states import DecisionAction
from review.models import Queue, Review
from review.selectors.board import SLOTS, Board, BoardQueue, Person, board_for
from review.selectors.stats import Rate
from review.services.claim import claim_reviews
from review.services.decide import Decided
from review.services.presence import note_presence
from review.services.queues import pause_queue
from review.services.undo import undo_decision
from routing.models import Workflow
from tests.conftest import House
from tests.review.api.conftest import statements
from tests.review.services.test_loop import decide


def board(house: House) -> Board:
    return board_for(house.actor(house.lead))


def triage(house: House) -> BoardQueue:
    return next(queue for queue in board(house).queues if queue.facts.key == "triage")


def person(house: House, name: str = "reviewer") -> Person:
    return next(one for one in board(house).people if one.id == house.people[name].id)


def close_undo_windows() -> None:
    Queue.objects.update(undo_window_s=0)


def test_a_queue_shows_what_came_what_went_and_who_is_there(house: House) -> None:
    house.in_review(*"abcdef")
    reviewer = house.actor(house.reviewer)
    for review in claim_reviews(actor=reviewer, count=2):
        decide(reviewer, review)
    claim_reviews(actor=house.actor(house.colleague), count=1)
    queue = triage(house)

    assert (queue.facts.depth, queue.facts.leased) == (3, 1)
    assert (queue.flow.arrivals, queue.flow.completions, queue.flow.balance) == (6, 2, 4)
    assert (queue.flow.arrived[-1], queue.flow.decided[-1], sum(queue.flow.arrived[:-1])) == (6, 2, 0)
    assert queue.present == sorted([house.reviewer.name, house.colleague.name])
    # Two decisions in one slot of five minutes are 24 an hour for each of two people.
    assert queue.forecast.outlook is Outlook.CLEAR_BY
    assert queue.forecast.hours == pytest.approx(3 / (2 * 24 - 6))


def test_whoever_has_the_page_open_is_present_and_counts_where_nobody_is_at_work(house: House) -> None:
    house.in_review("one")
    note_presence(actor=house.actor(house.colleague), page="a", keys=["triage"])
    idle = triage(house)
    claim_reviews(actor=house.actor(house.reviewer), count=1)
    house.in_review("two")
    busy = triage(house)

    assert (idle.present, idle.forecast.people) == ([house.colleague.name], 1)
    assert (busy.present, busy.forecast.people) == ([house.reviewer.name, house.colleague.name], 1)


def test_what_came_longer_ago_than_an_hour_is_no_arrival(house: House) -> None:
    house.in_review("old", "recent")
    old, recent = Review.objects.order_by("id")
    Review.objects.filter(id=old.id).update(occurred_at=timezone.now() - timedelta(minutes=61))
    Review.objects.filter(id=recent.id).update(occurred_at=timezone.now() - timedelta(minutes=57))
    queue = triage(house)

    assert (queue.facts.depth, queue.flow.arrivals) == (2, 1)
    assert len(queue.flow.arrived) == SLOTS
    assert queue.flow.arrived[0] == 1


def test_an_undone_decision_is_none(house: House) -> None:
    house.in_review("one")
    reviewer = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=reviewer, count=1)
    decided = decide(reviewer, review)
    assert isinstance(decided, Decided)
    assert decided.decision_id is not None
    undo_decision(actor=reviewer, decision_id=decided.decision_id)

    assert triage(house).flow.completions == 0
    assert (person(house).decided, person(house).last_hour, person(house).holds) == (0, 0, 1)


def test_nothing_decided_is_no_pace_and_a_paused_queue_has_nobody(house: House) -> None:
    house.in_review("one", "two")
    claim_reviews(actor=house.actor(house.reviewer), count=1)
    assert triage(house).forecast.outlook is Outlook.NO_PACE

    reviewer = house.actor(house.colleague)
    (review,) = claim_reviews(actor=reviewer, count=1)
    decide(reviewer, review)
    house.in_review("three")
    pause_queue(actor=house.actor(house.lead), key="triage", is_paused=True, reason="a reason")
    assert triage(house).forecast.outlook is Outlook.NOBODY


def test_a_person_is_compared_with_the_model_shown_and_blind(house: House) -> None:
    house.in_review("shown 1", "shown 2", "shown 3", confidence=0.5)
    house.in_review("shown 4", label="other", confidence=0.5)
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.in_review("blind 1", "blind 2", confidence=0.95)
    reviewer = house.actor(house.reviewer)
    # The model said other of the fourth and billing of the rest.
    answers = {
        "shown 1": "billing",
        "shown 2": "delivery",
        "shown 3": "billing",
        "shown 4": "other",
        "blind 1": "other",
        "blind 2": "other",
    }
    for review in claim_reviews(actor=reviewer, count=10):
        decide(reviewer, review, label=answers[review.payload["text"]], active_ms=4000)
    close_undo_windows()
    found = person(house)

    assert (found.overturn_shown, found.overturn_blind) == (Rate(1, 4), Rate(2, 2))
    assert (found.decided, found.last_hour, found.median_active_ms, found.holds) == (6, 6, 4000, 0)


def test_no_label_applies_is_an_overturn(house: House) -> None:
    house.in_review("one")
    reviewer = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=reviewer, count=1)
    decide(reviewer, review, action=DecisionAction.REJECT, label=None)
    close_undo_windows()

    assert person(house).overturn_shown == Rate(1, 1)


def test_an_answer_that_can_be_undone_tells_nothing_of_a_blind_review(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.in_review("blind", confidence=0.95)
    reviewer = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=reviewer, count=1)
    decide(reviewer, review, label="other")

    assert person(house).decided == 1
    assert (person(house).overturn_shown, person(house).overturn_blind) == (Rate(0, 0), Rate(0, 0))


def test_held_reviews_say_who_since_when_and_until_when(house: House) -> None:
    (item_id,) = house.in_review("one")
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    (held,) = board(house).held

    assert (held.id, held.item_id, held.person, held.person_name) == (
        review.id,
        item_id,
        house.reviewer.id,
        house.reviewer.name,
    )
    assert held.lease_until == review.lease_until
    assert held.since is not None
    assert held.since < review.lease_until


def test_overdue_is_what_is_open_due_and_not_put_off(house: House) -> None:
    house.in_review("late", "in time", "put off", "held")
    (held,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    late, in_time, off = Review.objects.filter(state="open").order_by("id")
    past = timezone.now() - timedelta(minutes=10)
    Review.objects.exclude(id=in_time.id).update(due_at=past)
    Review.objects.filter(id=off.id).update(snoozed_until=timezone.now() + timedelta(hours=1))
    Review.objects.filter(id=late.id).update(assigned_to=house.colleague.id)
    found = board(house)

    assert [(one.id, one.person_name) for one in found.overdue] == [(late.id, house.colleague.name)]
    assert [one.id for one in found.held] == [held.id]


def test_only_who_may_review_is_among_the_people(house: House) -> None:
    names = {one.id for one in board(house).people}
    assert names == {house.people[name].id for name in ("reviewer", "colleague", "lead", "owner", "admin")}
    Membership.objects.filter(user=house.colleague).update(is_active=False)
    assert house.colleague.id not in {one.id for one in board(house).people}


def test_the_board_of_another_workspace_shows_nothing_of_this_one(house: House) -> None:
    house.in_review("one", "two")
    claim_reviews(actor=house.actor(house.reviewer), count=1)
    outsider = house.membership(house.outsider)
    from governance.selectors.principals import actor_of_membership
    from governance.selectors.scope import enter_workspace

    enter_workspace(house.other_workspace.id)
    found = board_for(actor_of_membership(outsider))
    assert (found.queues, found.held, found.overdue, found.workflows) == ([], [], [], [])
    assert [one.id for one in found.people] == [house.outsider.id]


@pytest.mark.parametrize("count", [1, 40])
def test_the_board_takes_five_statements_however_much_there_is(house: House, count: int) -> None:
    house.in_review(*(str(number) for number in range(count)))
    reviewer = house.actor(house.reviewer)
    for review in claim_reviews(actor=reviewer, count=10)[: count // 2]:
        decide(reviewer, review)
    lead = house.actor(house.lead)

    with statements() as found:
        board_for(lead)

    assert len(found) == 5, found

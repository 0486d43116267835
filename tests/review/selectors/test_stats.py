"""The owner's figures, recomputed from the rows in Python."""

import statistics
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from review.models import Decision
from review.selectors.history import past_answers, shift_since
from review.selectors.stats import Period, Rate, summaries, workflow_stats
from review.services.claim import claim_reviews
from review.services.decide import Decided
from review.services.undo import undo_decision
from routing.models import RoutingDecision
from tests.conftest import House
from tests.review.services.test_loop import decide


def lately() -> Period:
    now = timezone.now()
    return Period(since=now - timedelta(days=13), until=now + timedelta(minutes=1))


@pytest.fixture
def worked(house: House) -> House:
    """Automatic, shown and blind items, answered in agreement and against the machine."""
    house.in_review("auto 1", "auto 2", "auto 3", confidence=0.95)
    house.in_review("shown 1", "shown 2", "shown 3", confidence=0.5)
    house.workflow.draw_rate = 1.0
    house.workflow.save()
    house.in_review("blind 1", "blind 2", confidence=0.95)
    reviewer = house.actor(house.reviewer)
    times = iter([1000, 3000, 2000, 9000, 4000])
    answers = iter(["billing", "delivery", "other", "billing", "delivery"])
    for review in sorted(claim_reviews(actor=reviewer, count=10), key=lambda one: one.payload["text"]):
        decide(reviewer, review, label=next(answers), active_ms=next(times))
    return house


def test_figures_match_a_recomputation(worked: House) -> None:
    stats = workflow_stats(worked.workflow.id, lately())
    routed = list(RoutingDecision.objects.filter(mode="live"))
    decisions = list(Decision.objects.select_related("review"))
    machine = {one.item_id: one.label for one in routed}
    shown = [one for one in decisions if one.suggestion_shown]
    blind = [one for one in decisions if not one.suggestion_shown]

    def against(some: list[Decision]) -> Rate:
        return Rate(sum(one.label != machine[one.item_id] for one in some), len(some))

    assert stats.items == len(routed) == 8
    assert stats.automatic == sum(one.disposition == "auto_accept" for one in routed) == 5
    assert stats.coverage == 5 / 8
    assert (stats.overturn_shown, stats.overturn_blind) == (against(shown), against(blind))
    assert (len(shown), len(blind)) == (3, 2)
    assert (stats.overturned, stats.overturn_n) == (against(decisions).k, 5)
    assert stats.median_active_ms == statistics.median(one.active_ms for one in decisions)
    assert stats.decisions == 5
    assert (stats.drawn, stats.calibration_n, stats.calibration_differing, stats.calibration_wrong) == (2, 2, 1, 0)
    assert [(one.code, one.count, one.share) for one in stats.reasons] == [("below_threshold", 3, 1.0)]
    assert (stats.received, stats.lag_s) == (0, None)


def test_days_cover_the_period_without_holes_and_add_up(worked: House) -> None:
    stats = workflow_stats(worked.workflow.id, lately())
    assert len(stats.days) == 14
    assert len({day.date for day in stats.days}) == 14
    assert sum(day.automatic + day.people for day in stats.days) == stats.items
    assert sum(stats.decisions_days) == stats.decisions
    assert stats.coverage_days == [5 / 8]


def test_hours_are_parts_of_a_short_period(worked: House) -> None:
    now = timezone.now()
    stats = workflow_stats(worked.workflow.id, Period(now - timedelta(hours=23), now + timedelta(minutes=1), "hour"))
    assert len(stats.days) in {24, 25}
    assert sum(part.automatic + part.people for part in stats.days) == 8


def test_an_item_without_a_machine_label_is_nobodys_overturn(house: House) -> None:
    house.in_review("failed", label="no such label")
    reviewer = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=reviewer, count=1)
    decide(reviewer, review)
    stats = workflow_stats(house.workflow.id, lately())
    assert (stats.decisions, stats.overturn_n, stats.overturn_rate) == (1, 0, None)


def test_an_empty_period_says_nothing_rather_than_zero(worked: House) -> None:
    since = timezone.now() - timedelta(days=400)
    stats = workflow_stats(worked.workflow.id, Period(since, since + timedelta(days=1)))
    assert (stats.items, stats.coverage, stats.overturn_rate, stats.median_active_ms) == (0, None, None, None)


def test_waiting_items_and_their_lag_are_counted(house: House) -> None:
    house.receive("waits")
    stats = workflow_stats(house.workflow.id, lately())
    assert stats.received == 1
    assert stats.lag_s is not None


def test_figures_take_four_statements_and_a_list_two(worked: House) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        workflow_stats(worked.workflow.id, lately())
    assert len(queries) == 4
    with CaptureQueriesContext(connection) as queries:
        found = summaries([worked.workflow.id], lately())
    assert len(queries) == 2
    summary = found[worked.workflow.id]
    assert (summary.items, summary.coverage, summary.overturns.n) == (8, 5 / 8, 5)


def test_my_history_has_my_effective_answers_newest_first(worked: House) -> None:
    reviewer = worked.actor(worked.reviewer)
    newest = past_answers(reviewer)[0]
    assert newest.undo_until > newest.occurred_at
    undo_decision(actor=reviewer, decision_id=newest.decision_id)
    past = past_answers(reviewer)
    assert len(past) == 4
    assert newest.decision_id not in {answer.decision_id for answer in past}
    assert {answer.title for answer in past} <= {"Billing", "Delivery", "Other"}
    assert past_answers(worked.actor(worked.colleague)) == []
    assert shift_since(reviewer, timezone.now() - timedelta(hours=1)).decided == 4


def test_history_stops_at_twenty(house: House) -> None:
    house.in_review(*(f"text {n}" for n in range(25)))
    reviewer = house.actor(house.reviewer)
    while reviews := claim_reviews(actor=reviewer, count=10):
        for review in reviews:
            assert isinstance(decide(reviewer, review), Decided)
    assert len(past_answers(reviewer)) == 20

"""Which days' samples are complete."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.cohorts import Cohort, DrawnItem, closed_days, is_closed, live_answers

FIRST = date(2026, 3, 2)
TODAY = FIRST + timedelta(days=30)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@pytest.mark.parametrize(
    ("cohort", "is_over"),
    [
        (Cohort(FIRST, 38), True),
        (Cohort(FIRST, 0), True),
        (Cohort(FIRST, 38, unanswered=1), False),
        (Cohort(FIRST, 38, unadjudicated=1), False),
        (Cohort(FIRST, 1000, unanswered=1), True),
        (Cohort(FIRST, 1000, unanswered=1, unadjudicated=1), False),
        (Cohort(FIRST, 999, unanswered=1), False),
        (Cohort(TODAY, 38), False),
    ],
)
def test_a_day_is_closed_when_all_is_settled_but_a_tenth_of_the_target(cohort: Cohort, is_over: bool) -> None:
    assert is_closed(cohort, target=0.01, today=TODAY) == is_over


def test_the_window_ends_before_the_oldest_open_day() -> None:
    cohorts = [
        Cohort(day(3), 40),
        Cohort(day(0), 2000, unanswered=2),
        Cohort(day(2), 38, unanswered=9),
        Cohort(day(1), 30),
    ]
    found = closed_days(cohorts, target=0.01, today=TODAY)
    assert found.days == (day(0), day(1))
    assert (found.until, found.held_by, found.later) == (day(1), day(2), (day(3),))
    assert found.open_count_wrong == 2


def test_nothing_counts_while_the_first_day_is_open() -> None:
    found = closed_days([Cohort(day(0), 5, unanswered=1), Cohort(day(1), 5)], target=0.01, today=TODAY)
    assert (found.until, found.days, found.open_count_wrong) == (None, (), 0)


def test_without_an_open_day_everything_counts() -> None:
    found = closed_days([Cohort(day(0), 5), Cohort(day(1), 5)], target=0.01, today=TODAY)
    assert (found.until, found.held_by, found.later) == (day(1), None, ())
    assert closed_days([], target=0.01, today=TODAY).until is None


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 5)), max_size=20), st.floats(0.001, 0.2))
def test_every_day_that_counts_is_closed_and_the_next_is_not(counts: list[tuple[int, int]], target: float) -> None:
    cohorts = [Cohort(day(at), max(drawn, still), still) for at, (drawn, still) in enumerate(counts)]
    found = closed_days(cohorts, target=target, today=TODAY)
    done = [is_closed(cohort, target=target, today=TODAY) for cohort in cohorts]
    assert all(done[: len(found.days)])
    assert len(found.days) == len(cohorts) or not done[len(found.days)]
    assert found.open_count_wrong <= sum(cohort.drawn for cohort in cohorts) * target / 10 + 1e-9


def test_the_live_bound_waits_for_the_first_open_item() -> None:
    items = [
        DrawnItem(day(0), False),
        DrawnItem(day(0), None),
        DrawnItem(day(1), True),
        DrawnItem(day(1), None),
        DrawnItem(day(1), False),
    ]
    assert live_answers(items, [day(0)]) == [False, True, True]
    assert live_answers(items, []) == [False]
    assert live_answers(items, [day(0), day(1)]) == [False, True, True, True, False]


def test_cohorts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be open"):
        Cohort(FIRST, 3, unanswered=2, unadjudicated=2)
    with pytest.raises(ValueError, match="one cohort"):
        closed_days([Cohort(FIRST, 3), Cohort(FIRST, 3)], target=0.01, today=TODAY)

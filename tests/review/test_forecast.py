"""When a queue is clear: a table of cases, and what holds of all of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.domain.forecast import FARTHEST_H, Forecast, Outlook, forecast, pace_of

RATES = st.floats(min_value=0, max_value=5000)
PACES = st.floats(min_value=0.5, max_value=500)
DEPTHS = st.integers(min_value=1, max_value=10_000)
PEOPLE = st.integers(min_value=1, max_value=200)


@pytest.mark.parametrize(
    ("depth", "arrivals", "pace", "people", "expected"),
    [
        pytest.param(0, 50, None, 0, Forecast(Outlook.CLEAR, 0, hours=0.0), id="empty"),
        pytest.param(100, 0, None, 3, Forecast(Outlook.NO_PACE, 3), id="nothing-was-decided"),
        pytest.param(100, 0, 0.0, 3, Forecast(Outlook.NO_PACE, 3), id="no-pace-at-all"),
        pytest.param(60, 0, 20, 3, Forecast(Outlook.CLEAR_BY, 3, hours=1.0), id="one-hour"),
        pytest.param(60, 30, 20, 3, Forecast(Outlook.CLEAR_BY, 3, hours=2.0), id="against-arrivals"),
        pytest.param(60, 60, 20, 3, Forecast(Outlook.NOT_AT_THIS_PACE, 3, needed=4), id="it-only-holds"),
        pytest.param(60, 100, 20, 3, Forecast(Outlook.NOT_AT_THIS_PACE, 3, needed=6), id="outrun"),
        pytest.param(60, 30, 20, 0, Forecast(Outlook.NOBODY, 0, needed=2), id="nobody-there"),
        pytest.param(10_000, 0, 1, 1, Forecast(Outlook.NOT_AT_THIS_PACE, 1, needed=30), id="weeks-away"),
        pytest.param(60, 5000, 0.5, 3, Forecast(Outlook.NOT_AT_THIS_PACE, 3), id="more-than-anybody-employs"),
    ],
)
def test_what_is_said(depth: int, arrivals: float, pace: float | None, people: int, expected: Forecast) -> None:
    assert forecast(depth=depth, arrivals_per_h=arrivals, per_person_h=pace, people=people) == expected


@given(DEPTHS, RATES, PACES, PEOPLE)
def test_the_end_is_where_what_waits_and_what_comes_has_been_decided(
    depth: int, arrivals: float, pace: float, people: int
) -> None:
    found = forecast(depth=depth, arrivals_per_h=arrivals, per_person_h=pace, people=people)
    if found.outlook is Outlook.CLEAR_BY:
        assert found.hours is not None
        assert 0 < found.hours <= FARTHEST_H * (1 + 1e-9)
        assert math.isclose(depth + arrivals * found.hours, people * pace * found.hours, rel_tol=1e-6)
    else:
        assert found.outlook is Outlook.NOT_AT_THIS_PACE
        assert people * pace - arrivals < depth / FARTHEST_H


@given(DEPTHS, RATES, PACES, PEOPLE)
def test_as_many_as_are_needed_suffice_and_one_fewer_does_not(
    depth: int, arrivals: float, pace: float, people: int
) -> None:
    needed = forecast(depth=depth, arrivals_per_h=arrivals, per_person_h=pace, people=people).needed
    if needed is None:
        return
    assert needed > people
    outlooks = [
        forecast(depth=depth, arrivals_per_h=arrivals, per_person_h=pace, people=count).outlook
        for count in (needed - 1, needed)
    ]
    assert outlooks[0] in {Outlook.NOT_AT_THIS_PACE, Outlook.NOBODY}
    assert outlooks[1] is Outlook.CLEAR_BY


@given(DEPTHS, RATES, PACES, PEOPLE)
def test_more_people_never_make_it_later(depth: int, arrivals: float, pace: float, people: int) -> None:
    fewer, more = (
        forecast(depth=depth, arrivals_per_h=arrivals, per_person_h=pace, people=count).hours
        for count in (people, people + 1)
    )
    if fewer is not None:
        assert more is not None
        assert more <= fewer


def test_the_pace_is_that_of_the_slots_in_which_somebody_decided() -> None:
    # Two people for half an hour each: six slots apiece.
    assert pace_of(decided=30, slots=12, slot_s=300, median_active_ms=1.0) == 30
    assert pace_of(decided=0, slots=0, slot_s=300, median_active_ms=36_000) == 100
    assert pace_of(decided=0, slots=0, slot_s=300, median_active_ms=None) is None
    assert pace_of(decided=0, slots=0, slot_s=300, median_active_ms=0.0) is None

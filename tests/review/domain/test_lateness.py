"""How many reviews will be overdue: against an event-by-event simulation, and what must hold of any such figure."""

import heapq
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.domain.forecast import Outlook
from review.domain.lateness import FIRST_H, WORKING_DAY_H, Range, Waiting, overdue_at_worst
from review.domain.overdue import QueueLoad, overdue


def simulated(waiting: Waiting, rate: float, done_per_h: float, *, runs: int = 300) -> tuple[float, float]:
    """Do the reviews one by one, the first due first; return the 5 % and 95 % quantiles of what was overdue at worst."""
    chance = np.random.default_rng(1)
    worst = []
    for _run in range(runs):
        due = [hour + chance.random() for hour, count in enumerate(waiting.due) for _each in range(count)]
        comes = np.cumsum(chance.exponential(1 / rate, int(rate * 20) + 50)) if rate else np.array([])
        comes = comes[comes < WORKING_DAY_H]
        end = WORKING_DAY_H + waiting.sla_h
        ticks = np.cumsum(chance.exponential(1 / done_per_h, int(done_per_h * end * 2) + 50))
        looks = np.linspace(FIRST_H, end, 80)
        events = sorted(
            [(at, "come") for at in comes] + [(at, "do") for at in ticks if at < end] + [(at, "look") for at in looks]
        )
        heapq.heapify(due)
        most = 0
        for at, what in events:
            if what == "come":
                heapq.heappush(due, at + waiting.sla_h)
            elif what == "do" and due:
                heapq.heappop(due)
            elif what == "look":
                most = max(most, sum(one <= at for one in due))
        worst.append(most)
    low, high = np.quantile(worst, [0.05, 0.95])
    return float(low), float(high)


@pytest.mark.parametrize(
    ("due", "sla_h", "rate", "done_per_h"),
    [
        ((10, 10, 10, 10), 2.0, 20.0, 12.0),
        ((0,), 4.0, 30.0, 20.0),
        ((60, 0, 0, 5), 8.0, 5.0, 10.0),
        ((5, 5, 5), 1.0, 10.0, 10.0),
        ((0, 0, 0, 0, 0, 80), 1.0, 2.0, 12.0),
    ],
)
def test_it_agrees_with_doing_the_reviews_one_by_one(
    due: tuple[int, ...], sla_h: float, rate: float, done_per_h: float
) -> None:
    waiting = Waiting(due, sla_h)
    (found,) = overdue_at_worst(waiting, [rate], seen=0, done_per_h=done_per_h, done=0)
    low, high = simulated(waiting, rate, done_per_h)
    slack = 3 + 0.12 * high
    assert abs(found.low - low) <= slack
    assert abs(found.high - high) <= slack


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 40), max_size=12),
    st.floats(0, 48),
    st.lists(st.floats(0, 200), min_size=2, max_size=4),
    st.floats(0.5, 100),
    st.integers(0, 50),
)
def test_more_arrivals_never_leave_fewer_overdue(
    due: list[int], sla_h: float, rates: list[float], done_per_h: float, seen: int
) -> None:
    found = overdue_at_worst(Waiting(tuple(due), sla_h), rates, seen=seen, done_per_h=done_per_h, done=seen)
    in_order = [one for _rate, one in sorted(zip(rates, found, strict=True), key=lambda pair: pair[0])]
    for fewer, more in pairwise(in_order):
        assert (fewer.low <= more.low, fewer.high <= more.high) == (True, True)
    assert all(0 <= one.low <= one.high for one in found)


def test_the_range_is_wider_the_less_is_known() -> None:
    waiting = Waiting((20,) * 8, 4.0)
    little, much = (overdue_at_worst(waiting, [30.0], seen=seen, done_per_h=30.0, done=seen)[0] for seen in (4, 4000))
    assert little.high - little.low > 2 * (much.high - much.low)


def load(**facts: object) -> QueueLoad:
    usual = {
        "depth": 40,
        "waiting": Waiting((5,) * 8, 8.0),
        "arrived": 30,
        "decided": 60,
        "per_person_h": 20.0,
        "people": 3,
    }
    return QueueLoad(**(usual | facts))  # type: ignore[arg-type]


def test_a_stricter_threshold_is_seen_beyond_the_next_hour() -> None:
    """What is due within an hour is the same under both; the flood is due a working day later."""
    found = overdue(load(), reviews_a_day=6_000, reviews_now=600, minutes=1)
    assert found.late_now == Range(0, 0)
    assert found.late is not None
    assert found.late.low > 100
    assert found.forecast.outlook is Outlook.NOT_AT_THIS_PACE


@pytest.mark.parametrize("facts", [{"people": 0}, {"per_person_h": None, "people": 0}])
def test_nothing_is_said_where_nobody_works(facts: dict[str, object]) -> None:
    found = overdue(load(**facts), reviews_a_day=600, reviews_now=600, minutes=1)
    assert (found.late, found.late_now) == (None, None)


def test_what_is_not_measured_is_assumed() -> None:
    found = overdue(load(arrived=0, decided=0, per_person_h=None), reviews_a_day=600, reviews_now=600, minutes=2)
    assert found.is_assumed
    assert found.late == found.late_now == Range(0, 0)

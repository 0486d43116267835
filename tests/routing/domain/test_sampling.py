"""What share must be drawn to certify in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.bounds import cp_upper
from routing.domain.sampling import NotPossible, Planned, plan_sample


@pytest.mark.parametrize(("automatic", "percent"), [(1_000, 63), (5_000, 13), (100_000, 0.6)])
def test_the_more_is_automatic_the_fewer_must_be_drawn(automatic: int, percent: float) -> None:
    plan = plan_sample(target=0.01, delta=0.05, every_days=1, items_a_day=automatic / 0.5, automatic_share=0.5)
    assert isinstance(plan, Planned)
    assert round(plan.draw.rate * 100, 0 if percent > 1 else 1) == percent
    assert (plan.draw.needed, plan.clean.needed) == (628, 299)


def test_the_extra_work_is_the_automatic_share_alone() -> None:
    plan = plan_sample(target=0.01, delta=0.05, every_days=14, items_a_day=3_000, automatic_share=0.6)
    assert isinstance(plan, Planned)
    rate = 628 / (3_000 * 0.6 * 14)
    assert plan.draw.rate == pytest.approx(rate)
    assert plan.draw.drawn_a_day == pytest.approx(3_000 * rate)
    assert plan.draw.extra_reviews_a_day * 14 == pytest.approx(628)
    assert plan.clean.rate == pytest.approx(rate * 299 / 628)


def test_what_cannot_be_promised_is_answered_with_what_can() -> None:
    answer = plan_sample(target=0.01, delta=0.05, every_days=7, items_a_day=100, automatic_share=0.6)
    assert isinstance(answer, NotPossible)
    assert (answer.needed, answer.expected, answer.days) == (628, 420, 11)
    assert answer.target == cp_upper(2, 420, 0.05)
    assert answer.clean is not None
    assert answer.clean.rate == pytest.approx(299 / 420)


def test_where_nothing_is_automatic_nothing_can_be_promised() -> None:
    answer = plan_sample(target=0.01, delta=0.05, every_days=7, items_a_day=100, automatic_share=0)
    assert answer == NotPossible(needed=628, expected=0, days=None, target=None, clean=None)


@given(st.floats(0.005, 0.2), st.integers(1, 60), st.floats(0, 1e5), st.floats(0, 1))
def test_what_is_said_to_be_possible_is(target: float, days: int, items: float, share: float) -> None:
    answer = plan_sample(target=target, delta=0.05, every_days=days, items_a_day=items, automatic_share=share)
    if isinstance(answer, Planned):
        assert 0 < answer.clean.rate <= answer.draw.rate <= 1
    elif answer.days is not None:
        again = plan_sample(target=target, delta=0.05, every_days=answer.days, items_a_day=items, automatic_share=share)
        assert isinstance(again, Planned)
        assert answer.target is None or answer.target > target


@pytest.mark.parametrize("wrong", [{"every_days": 0}, {"items_a_day": -1}, {"automatic_share": 1.1}])
def test_a_plan_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    given_plan = {"target": 0.01, "delta": 0.05, "every_days": 7, "items_a_day": 100, "automatic_share": 0.5}
    with pytest.raises(ValueError, match="A plan needs"):
        plan_sample(**{**given_plan, **wrong})  # type: ignore[arg-type]

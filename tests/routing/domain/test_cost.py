"""Money: the cheapest threshold, and what a day with a threshold comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.bounds import cp_upper
from routing.domain.cost import Assumptions, consequences, cost_optimal_threshold

amounts = st.floats(0.01, 1e4)


@pytest.mark.parametrize(
    ("review", "wrong", "human_error", "threshold"),
    [(1, 25, 0, 0.96), (1, 25, 0.02, 0.94), (30, 25, 0, 0), (0, 25, 0, 1), (1, 0, 0, 0), (0, 0, 0, 0)],
)
def test_the_cheapest_threshold(review: float, wrong: float, human_error: float, threshold: float) -> None:
    assert cost_optimal_threshold(Assumptions(review, wrong, human_error=human_error)) == pytest.approx(threshold)


@given(amounts, amounts, st.floats(0, 0.5), st.floats(0, 1))
def test_accepting_is_no_dearer_exactly_from_the_cheapest_threshold(
    review: float, wrong: float, human_error: float, probability: float
) -> None:
    threshold = cost_optimal_threshold(Assumptions(review, wrong, human_error=human_error))
    accepting, reviewing = (1 - probability) * wrong, review + human_error * wrong
    if abs(accepting - reviewing) > 1e-6 * wrong:
        assert (probability >= threshold) == (accepting < reviewing)


def test_a_day_with_a_threshold() -> None:
    day = consequences(
        Assumptions(1, 25, review_minutes=0.6, items_a_day=3000, sample_rate=0.02),
        automatic_share=0.63,
        risk=13 / 1940,
        worst_risk=cp_upper(13, 1940, 0.05),
    )
    assert round(day.reviews) == 1148
    assert round(day.review_hours, 1) == 11.5
    assert (round(day.expected_cost), round(day.worst_cost)) == (1464, 1650)
    assert day.automatic == pytest.approx(1890)
    assert day.worst_wrong_accepted > day.wrong_accepted == pytest.approx(1890 * 13 / 1940)


def test_people_err_too() -> None:
    day = consequences(
        Assumptions(1, 25, items_a_day=100, human_error=0.02), automatic_share=0.5, risk=0.0, worst_risk=0.0
    )
    assert day.expected_cost == pytest.approx(50 + 50 * 0.02 * 25)


@pytest.mark.parametrize("wrong", [{"review_cost": -1}, {"human_error": 1.1}, {"items_a_day": float("nan")}])
def test_assumptions_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        Assumptions(**{"review_cost": 1.0, "wrong_cost": 25.0, **wrong})


def test_shares_that_cannot_be_are_refused() -> None:
    for share, risk, worst in ((1.1, 0.1, 0.2), (0.5, 0.2, 0.1)):
        with pytest.raises(ValueError, match="Shares lie"):
            consequences(Assumptions(1, 25), automatic_share=share, risk=risk, worst_risk=worst)

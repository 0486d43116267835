"""The bound that may be looked at after every answer."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain import live_bound as live
from routing.domain.bounds import cp_upper, p_value
from routing.domain.live_bound import BudgetState, live_bound, log_evidence

DELTA = 0.05
RUNS, LONG = 2_000, 4_000


def test_one_per_cent_wants_435_answers_without_a_wrong_one() -> None:
    assert live.upper(0, 434, DELTA) > 0.01 >= live.upper(0, 435, DELTA)


@given(st.integers(0, 300), st.integers(1, 5000), st.floats(0.001, 0.5))
def test_the_ends_are_where_the_evidence_rules_out(wrong: int, n: int, delta: float) -> None:
    wrong = min(wrong, n)
    upper, lower = live.upper(wrong, n, delta), live.lower(wrong, n, delta)
    assert 0 <= lower <= wrong / n <= upper <= 1
    for end in {upper, lower} - {0.0, 1.0}:
        assert float(log_evidence(wrong, n, end)) == pytest.approx(-math.log(delta), abs=0.01)


@given(st.integers(0, 100), st.integers(1, 3000))
def test_looking_at_any_time_costs(wrong: int, n: int) -> None:
    wrong = min(wrong, n)
    assert live.upper(wrong, n, DELTA) > cp_upper(wrong, n, DELTA) or wrong == n


@given(st.integers(0, 50), st.integers(0, 2000))
def test_a_wrong_answer_lifts_both_ends_and_a_right_one_lowers_them(wrong: int, right: int) -> None:
    n = wrong + right
    for end in (live.upper, live.lower):
        assert end(wrong, n + 1, DELTA) <= end(wrong, n, DELTA) + 1e-9 <= end(wrong + 1, n + 1, DELTA) + 2e-9


@pytest.mark.parametrize(("wrong", "n", "lower", "upper"), [(0, 0, 0, 1), (3, 3, 0.0144, 1), (0, 10**7, 0, 9.36e-7)])
def test_the_ends_of_extreme_counts(wrong: int, n: int, lower: float, upper: float) -> None:
    assert live.lower(wrong, n, DELTA) == pytest.approx(lower, rel=0.01)
    assert live.upper(wrong, n, DELTA) == pytest.approx(upper, rel=0.01)


def paths(rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts of wrong ones after each answer, a row a run, and the numbers of answers."""
    wrong = np.cumsum(np.random.default_rng(11).random((RUNS, LONG)) < rate, axis=1)
    return wrong, np.arange(1, LONG + 1)


def test_continuous_looks_deceive_rarely_where_those_at_an_exact_bound_deceive_often() -> None:
    """The true rate is just at the limit: whoever ever says "under it" is wrong."""
    rate = 0.01
    wrong, n = paths(rate)
    says_under = (log_evidence(wrong, n, rate) >= -math.log(DELTA)) & (wrong < rate * n)
    exact = np.array([p_value(wrong[:, at], n[at], rate) <= DELTA for at in range(49, LONG, 50)])
    assert says_under.any(axis=1).mean() <= DELTA
    assert exact.any(axis=0).mean() > 0.15


def test_the_two_ends_together_miss_the_truth_no_more_often_than_they_say() -> None:
    for rate in (0.002, 0.02, 0.1):
        wrong, n = paths(rate)
        missed = (log_evidence(wrong, n, rate) >= -math.log(DELTA)).any(axis=1).mean()
        assert missed <= DELTA + 2 * math.sqrt(DELTA * (1 - DELTA) / RUNS)


@pytest.mark.parametrize(
    ("answers", "state", "was_under_at", "spent_at"),
    [
        ([], BudgetState.MEASURING, None, None),
        ([0] * 434, BudgetState.MEASURING, None, None),
        ([0] * 435, BudgetState.WITHIN, 435, None),
        ([1] + [0] * 434, BudgetState.MEASURING, None, None),
        ([0] * 435 + [1], BudgetState.SPENT, 435, 436),
        ([0] * 435 + [1] + [0] * 600, BudgetState.WITHIN, 435, 436),
        ([1] * 3, BudgetState.SPENT, None, 3),
        ([0, 1] * 20, BudgetState.SPENT, None, 6),
    ],
    ids=["nothing", "not_yet", "just", "one_early", "crossed", "came_back", "hopeless", "half_wrong"],
)
def test_the_states_of_a_budget(
    answers: list[int], state: BudgetState, was_under_at: int | None, spent_at: int | None
) -> None:
    found = live_bound(answers, limit=0.01, delta=DELTA)
    assert (found.state, found.was_under_at) == (state, was_under_at)
    assert found.spent_at == spent_at
    assert (found.n, found.wrong) == (len(answers), sum(answers))
    assert (found.upper, found.lower) == (
        live.upper(found.wrong, found.n, DELTA),
        live.lower(found.wrong, found.n, DELTA),
    )


@given(st.lists(st.booleans(), max_size=60), st.floats(0.01, 0.4))
def test_the_state_follows_from_the_ends_after_every_answer(answers: list[bool], limit: float) -> None:
    was_under, state = False, BudgetState.MEASURING
    for n in range(1, len(answers) + 1):
        wrong = sum(answers[:n])
        is_under = live.upper(wrong, n, DELTA) <= limit
        was_under |= is_under
        is_spent = live.lower(wrong, n, DELTA) > limit or (was_under and not is_under)
        state = BudgetState.SPENT if is_spent else BudgetState.WITHIN if is_under else BudgetState.MEASURING
    assert live_bound(answers, limit=limit, delta=DELTA).state == state


def test_answers_and_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="either wrong or right"):
        live_bound([0, 2], limit=0.01, delta=DELTA)
    with pytest.raises(ValueError, match="Of 3 answers, 4 cannot be wrong"):
        live.upper(4, 3, DELTA)
    with pytest.raises(ValueError, match="The limit must lie"):
        live_bound([0], limit=0, delta=DELTA)

"""How soon an error budget acts: as soon as the bound allows, however rarely it is looked at and whatever is still open."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.cohorts import DrawnItem, held_answers, live_answers
from routing.domain.live_bound import BudgetState, live_bound, log_evidence

DELTA = 0.05
RUNS, LONG = 1_000, 6_000
DAY = date(2026, 11, 20)


def first_spent(rate: float, limit: float) -> np.ndarray:
    """Return after how many answers each run's lower end lies above the limit; one more than there are where it never does."""
    wrong = np.cumsum(np.random.default_rng(5).random((RUNS, LONG)) < rate, axis=1)
    n = np.arange(1, LONG + 1)
    spent = (log_evidence(wrong, n, limit) >= -math.log(DELTA)) & (wrong > limit * n)
    return np.where(spent.any(axis=1), spent.argmax(axis=1) + 1, LONG + 1)


@pytest.mark.parametrize("limit", [0.005, 0.01, 0.02])
def test_a_budget_that_is_kept_is_rarely_spent_while_it_is_measured(limit: float) -> None:
    assert (first_spent(limit, limit) <= LONG).mean() <= DELTA


@pytest.mark.parametrize(("limit", "times", "most"), [(0.005, 3, 1.9), (0.01, 3, 1.9), (0.02, 3, 1.9), (0.01, 10, 2.2)])
def test_it_acts_nearly_as_early_as_any_test_that_may_be_looked_at_could(limit: float, times: int, most: float) -> None:
    """Wald: a test that is told both rates needs log(1 / delta) / KL(rate, limit) answers; this one is told neither."""
    rate = limit * times
    divergence = rate * math.log(rate / limit) + (1 - rate) * math.log((1 - rate) / (1 - limit))
    assert first_spent(rate, limit).mean() <= most * -math.log(DELTA) / divergence


def test_whoever_looks_rarely_spends_a_budget_no_later_than_whoever_looks_after_each_answer() -> None:
    """Between two looks the lower end was above the limit, and is no more when they all come together."""
    answers = [*[False] * 30, *[True] * 6, *[False] * 300]
    assert live_bound(answers, limit=0.02, delta=DELTA).state is not BudgetState.SPENT
    assert live_bound(answers[:36], limit=0.02, delta=DELTA).state is BudgetState.SPENT
    found = live_bound(answers, limit=0.02, delta=DELTA, looked=30)
    assert (found.state, found.n, found.wrong) == (BudgetState.SPENT, 336, 6)
    assert live_bound(answers, limit=0.02, delta=DELTA, looked=100).state is not BudgetState.SPENT


@given(
    st.lists(st.sampled_from([True, False, False, None]), max_size=120),
    st.floats(0.003, 0.2),
    st.integers(0, 2**32 - 1),
)
def test_what_is_spent_with_open_answers_as_right_is_spent_whatever_they_will_be(
    answers: list[bool | None], limit: float, seed: int
) -> None:
    items = [DrawnItem(DAY, wrong) for wrong in answers]
    seen, ahead = live_answers(items, ()), held_answers(items, ())
    assert len(seen) + len(ahead) == len(answers)
    found = live_bound(seen, limit=limit, delta=DELTA, looked=0, ahead=ahead)
    later = np.random.default_rng(seed).random(len(answers)) < 0.3
    known = [bool(guess) if wrong is None else wrong for wrong, guess in zip(answers, later, strict=True)]
    if found.state is BudgetState.SPENT:
        assert live_bound(known, limit=limit, delta=DELTA, looked=0).state is BudgetState.SPENT
    else:
        # Nothing but "spent" is concluded from what is held back.
        assert found == live_bound(seen, limit=limit, delta=DELTA, looked=0)


def test_one_open_answer_does_not_hide_many_wrong_ones() -> None:
    items = [DrawnItem(DAY, wrong) for wrong in [False] * 20 + [None] + [True] * 8]
    found = live_bound(live_answers(items, ()), limit=0.02, delta=DELTA, looked=20, ahead=held_answers(items, ()))
    assert found.state is BudgetState.SPENT
    assert (found.wrong, found.n, found.lower > 0.02) == (5, 26, True)
    assert live_bound(live_answers(items, ()), limit=0.02, delta=DELTA).state is BudgetState.MEASURING


def test_open_answers_of_a_closed_day_count_as_wrong_behind_another_open_one() -> None:
    late = date(2026, 11, 21)
    items = [DrawnItem(late, None), DrawnItem(DAY, None), DrawnItem(late, None), DrawnItem(late, False)]
    assert held_answers(items, [DAY]) == [False, True, False, False]

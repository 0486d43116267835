"""Exact binomial bounds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.bounds import cp_lower, cp_upper, fewest, p_value

shares = st.floats(0.001, 0.5)


@pytest.mark.parametrize(
    ("wrong", "n", "delta", "bound"),
    [(0, 299, 0.05, 0.009969), (2, 628, 0.05, 0.009991), (0, 59, 0.05, 0.049508), (10, 1000, 0.1, 0.015365)],
)
def test_the_upper_bound_is_clopper_and_pearsons(wrong: int, n: int, delta: float, bound: float) -> None:
    assert cp_upper(wrong, n, delta) == pytest.approx(bound, abs=5e-7)


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        (0.01, {0: 299, 1: 473, 2: 628, 3: 773, 5: 1049}),
        (0.02, {0: 149, 1: 236, 2: 313}),
        (0.05, {0: 59, 1: 93, 2: 124}),
    ],
)
def test_so_many_answers_are_wanted(target: float, wanted: dict[int, int]) -> None:
    assert {wrong: fewest(target, 0.05, wrong) for wrong in wanted} == wanted


@given(shares, shares)
def test_without_a_wrong_answer_the_formula_gives_the_fewest(target: float, delta: float) -> None:
    assert abs(fewest(target, delta) - math.log(delta) / math.log1p(-target)) <= 1


@given(st.integers(0, 60), shares, shares)
def test_the_fewest_certify_and_one_less_does_not(wrong: int, target: float, delta: float) -> None:
    n = fewest(target, delta, wrong)
    assert p_value(wrong, n, target) <= delta
    assert n == wrong + 1 or p_value(wrong, n - 1, target) > delta


@given(st.integers(0, 400), st.integers(1, 4000), st.floats(0.01, 0.3))
def test_the_bound_is_where_the_p_value_meets_delta(wrong: int, n: int, delta: float) -> None:
    wrong = min(wrong, n - 1)
    assert p_value(wrong, n, cp_upper(wrong, n, delta)) == pytest.approx(delta, rel=1e-6)


@given(st.integers(0, 200), st.integers(1, 2000), st.floats(0.01, 0.3))
def test_the_lower_bound_mirrors_the_upper(wrong: int, n: int, delta: float) -> None:
    wrong = min(wrong, n)
    assert cp_lower(wrong, n, delta) == pytest.approx(1 - cp_upper(n - wrong, n, delta), abs=1e-9)
    assert cp_lower(wrong, n, delta) <= wrong / n <= cp_upper(wrong, n, delta)


@given(st.integers(0, 200), st.integers(1, 2000), st.floats(0.01, 0.2))
def test_a_further_answer_moves_the_bound_the_right_way(wrong: int, n: int, delta: float) -> None:
    wrong = min(wrong, n)
    bound = cp_upper(wrong, n, delta)
    assert cp_upper(wrong, n + 1, delta) <= bound <= cp_upper(wrong + 1, n + 1, delta)


def test_arrays_give_what_their_entries_give() -> None:
    wrong, n = np.array([0, 1, 5, 3]), np.array([299, 473, 5, 0 + 3])
    for function in (cp_upper, cp_lower):
        alone = [function(int(k), int(total), 0.05) for k, total in zip(wrong, n, strict=True)]
        assert function(wrong, n, 0.05).tolist() == alone
    assert p_value(wrong, n, 0.01).tolist() == [p_value(int(k), int(m), 0.01) for k, m in zip(wrong, n, strict=True)]


def test_without_answers_anything_is_possible() -> None:
    assert (cp_lower(0, 0, 0.05), cp_upper(0, 0, 0.05), p_value(0, 0, 0.01)) == (0, 1, 1)


@pytest.mark.parametrize(("wrong", "n"), [(-1, 5), (6, 5), (1.5, 5), (1, float("inf")), (float("nan"), 5)])
def test_counts_that_cannot_be_are_refused(wrong: float, n: float) -> None:
    with pytest.raises(ValueError, match="Counts must be whole numbers"):
        cp_upper(wrong, n, 0.05)  # type: ignore[call-overload]


@pytest.mark.parametrize("delta", [0, 1, -0.1, float("nan")])
def test_a_share_outside_its_range_is_refused(delta: float) -> None:
    for refused in (lambda: cp_upper(0, 9, delta), lambda: p_value(0, 9, delta), lambda: fewest(delta, 0.05)):
        with pytest.raises(ValueError, match="must lie between 0 and 1"):
            refused()
    with pytest.raises(ValueError, match="cannot be -1"):
        fewest(0.01, 0.05, -1)


def test_a_target_that_nothing_reaches_is_refused() -> None:
    with pytest.raises(ValueError, match="No number of answers"):
        fewest(1e-14, 0.05)

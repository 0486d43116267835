"""Estimates: the sample tells the truth, the mean over what happened to be reviewed does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.estimate import sample_estimate, weighted_estimate, wilson

RUNS, ITEMS, DRAWN, THRESHOLD = 200, 20_000, 0.05, 0.9


def trial(run: int) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Return the true error rate, and of every item whether it is wrong, whether it was drawn and whether it was automatic."""
    rng = np.random.default_rng(run)
    confidence = rng.beta(6, 1, ITEMS)
    wrong = rng.random(ITEMS) < 1 - confidence
    return float((1 - confidence).mean()), wrong, rng.random(ITEMS) < DRAWN, confidence >= THRESHOLD


def test_the_sample_covers_the_truth_and_the_mean_over_reviewed_items_does_not() -> None:
    covered, misled, weighted, gaps = 0, 0, 0, []
    for run in range(RUNS):
        truth, wrong, drawn, automatic = trial(run)
        reviewed = drawn | ~automatic
        sample = sample_estimate(int(wrong[drawn].sum()), int(drawn.sum()))
        plain = sample_estimate(int(wrong[reviewed].sum()), int(reviewed.sum()))
        hajek = weighted_estimate(wrong[reviewed], np.where(automatic, DRAWN, 1.0)[reviewed])
        assert sample is not None
        assert plain is not None
        assert hajek is not None
        covered += sample.low <= truth <= sample.high
        misled += not plain.low <= truth <= plain.high
        weighted += hajek.low <= truth <= hajek.high
        gaps.append((plain.mean - truth, hajek.mean - truth))
    assert covered >= 0.93 * RUNS
    assert misled == RUNS
    assert weighted >= 0.9 * RUNS
    overstated, off = np.mean(gaps, axis=0)
    assert overstated > 0.05
    assert abs(off) < 0.002


def test_weights_that_are_equal_change_nothing() -> None:
    wrong = np.arange(200) < 9
    plain, weighted = sample_estimate(9, 200), weighted_estimate(wrong, np.full(200, 0.03))
    assert plain is not None
    assert weighted is not None
    assert weighted.mean == pytest.approx(plain.mean)
    assert weighted.effective_n == pytest.approx(200)
    assert (weighted.low, weighted.high) == pytest.approx(wilson(0.045, 200))


def test_a_rare_look_counts_for_many() -> None:
    found = weighted_estimate([True, False], [0.1, 1.0])
    assert found is not None
    assert found.mean == pytest.approx(10 / 11)
    assert found.effective_n == pytest.approx(121 / 101)


def test_without_answers_there_is_no_estimate() -> None:
    assert sample_estimate(0, 0) is None
    assert weighted_estimate([], []) is None


def test_wilsons_interval_is_the_one_in_the_books() -> None:
    assert wilson(0.8, 70) == pytest.approx((0.6917, 0.8769), abs=5e-4)


@given(st.floats(0, 1), st.floats(0.5, 1e6), st.floats(0.5, 0.999))
def test_wilsons_interval_holds_the_share(share: float, n: float, level: float) -> None:
    low, high = wilson(share, n, level=level)
    assert -1e-12 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1 + 1e-12


@pytest.mark.parametrize(
    ("wrong", "chance", "sentence"),
    [([True], [0.0], "above 0"), ([True], [1.1], "above 0"), ([True], [0.5, 0.5], "one probability")],
)
def test_weights_that_cannot_be_are_refused(wrong: list[bool], chance: list[float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        weighted_estimate(wrong, chance)


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a share"):
        wilson(0.5, 0)

"""Whether a confidence means what it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.calibration import (
    brier,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    reliability,
)
from routing.domain.temperature import tempered


def scores(n: int, classes: int, sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return true class probabilities made `sharpness` times as sure in logits, and classes drawn from the true ones."""
    rng = np.random.default_rng(seed)
    true = tempered(rng.dirichlet(np.full(classes, 0.3), n), 1)
    drawn = (rng.random(n)[:, None] > np.cumsum(true, axis=1)).sum(axis=1).clip(0, classes - 1)
    return tempered(true, 1 / sharpness), drawn


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_put_in_is_found(sharpness: float) -> None:
    assert fit_temperature(*scores(20_000, 8, sharpness)) == pytest.approx(sharpness, rel=0.03)


def test_scaling_mends_a_model_that_is_too_sure() -> None:
    given_scores, truth = scores(5_000, 8, 2.5)
    mended = tempered(given_scores, fit_temperature(*scores(5_000, 8, 2.5, seed=1)))
    errors = [expected_calibration_error(s.max(axis=1), s.argmax(axis=1) == truth) for s in (given_scores, mended)]
    briers = [brier(s.max(axis=1), s.argmax(axis=1) == truth) for s in (given_scores, mended)]
    assert errors[0] > 0.08
    assert errors[1] < 0.02
    assert briers[1] < briers[0]
    assert log_loss(mended, truth) < log_loss(given_scores, truth)


@given(st.floats(0.1, 10), st.integers(0, 1000))
def test_a_temperature_keeps_the_order_and_the_sum(temperature: float, seed: int) -> None:
    given_scores = np.random.default_rng(seed).dirichlet(np.ones(5), 20)
    scaled = tempered(given_scores, temperature)
    assert (scaled.argmax(axis=1) == given_scores.argmax(axis=1)).all()
    assert scaled.sum(axis=1) == pytest.approx(1)


def test_above_one_is_less_sure_and_below_one_surer() -> None:
    given_scores = [[0.7, 0.2, 0.1]]
    assert tempered(given_scores, 1)[0] == pytest.approx([0.7, 0.2, 0.1])
    assert tempered(given_scores, 0.5)[0] == pytest.approx(np.array([49, 4, 1]) / 54)
    assert tempered(given_scores, 2)[0, 0] < 0.7


def test_the_error_is_the_weighted_gap_of_the_bins() -> None:
    confidence, right = [0.95, 0.95, 0.95, 0.95, 0.55, 1.0, 0.35], [1, 1, 0, 1, 0, 1, 1]
    bins = reliability(confidence, right, bins=10)
    assert [(one.low, one.n, one.accuracy) for one in bins] == [(0.3, 1, 1.0), (0.5, 1, 0.0), (0.9, 5, 0.8)]
    assert expected_calibration_error(confidence, right, bins=10) == pytest.approx((0.65 + 0.55 + 5 * 0.16) / 7)


def test_sure_and_right_is_perfect() -> None:
    assert (brier([1, 1], [1, 1]), expected_calibration_error([1, 1], [1, 1])) == (0, 0)
    assert brier([0.5, 0.5], [1, 0]) == 0.25


def test_input_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        brier([1.2], [1])
    with pytest.raises(ValueError, match="one confidence"):
        reliability([0.2], [1, 0])
    for empty in (brier, expected_calibration_error):
        with pytest.raises(ValueError, match="Without answers"):
            empty([], [])
    with pytest.raises(ValueError, match="above 0"):
        tempered([[0.5, 0.5]], 0)
    with pytest.raises(ValueError, match="as rows"):
        tempered([0.5, 0.5], 1)
    with pytest.raises(ValueError, match="one of the columns"):
        fit_temperature([[0.5, 0.5]], [2])
    with pytest.raises(ValueError, match="one true class each"):
        fit_temperature(np.empty((0, 2)), [])

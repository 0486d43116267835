"""The mathematics on a real model and real texts: accuracy, calibration, the curve, thresholds and the load they bring."""

import numpy as np
import pytest
from numpy.typing import NDArray

from routing.domain.calibration import expected_calibration_error
from routing.domain.curve import aurc, point_at, risk_coverage
from routing.domain.predicted_load import reviews
from routing.domain.risk import Certified, certify
from routing.domain.temperature import tempered
from tests.banking77 import Banking77

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@pytest.fixture(scope="module")
def answers(banking77: Banking77) -> tuple[Floats, Bools]:
    """The confidence of each test row at the model's temperature, and whether its answer was wrong."""
    scores = tempered(banking77.scores, banking77.model.temperature)
    labels = np.array(banking77.model.labels)[scores.argmax(axis=1)]
    return scores.max(axis=1), labels != banking77.truth


def halves(answers: tuple[Floats, Bools], seed: int) -> tuple[Floats, Bools, Floats, Bools]:
    confidence, wrong = answers
    order = np.random.default_rng(seed).permutation(len(wrong))
    here, there = np.array_split(order, 2)
    return confidence[here], wrong[here], confidence[there], wrong[there]


def test_the_model_is_right_and_knows_when(answers: tuple[Floats, Bools]) -> None:
    confidence, wrong = answers
    assert 1 - wrong.mean() == pytest.approx(0.913, abs=0.01)
    assert aurc(confidence, wrong) == pytest.approx(0.0124, abs=0.003)


def test_temperature_makes_its_confidence_honest(banking77: Banking77, answers: tuple[Floats, Bools]) -> None:
    confidence, wrong = answers
    assert expected_calibration_error(tempered(banking77.scores, 1).max(axis=1), ~wrong) == pytest.approx(
        0.082, abs=0.02
    )
    assert expected_calibration_error(confidence, ~wrong) == pytest.approx(0.013, abs=0.01)


@pytest.mark.parametrize(
    ("target", "threshold", "automatic"), [(0.01, 0.974, 0.60), (0.02, 0.948, 0.70), (0.05, 0.795, 0.84)]
)
def test_the_thresholds_that_can_be_certified(
    answers: tuple[Floats, Bools], target: float, threshold: float, automatic: float
) -> None:
    point = point_at(*answers, threshold)
    assert point is not None
    assert point.coverage == pytest.approx(automatic, abs=0.04)
    found = certify(*answers, target=target, delta=0.05)
    assert isinstance(found, Certified)
    assert found.threshold < threshold + 0.02
    assert found.n / len(answers[0]) > automatic - 0.08
    assert found.k / found.n < target


def test_what_half_the_rows_promise_the_other_half_keeps(answers: tuple[Floats, Bools]) -> None:
    """In 50 splits: the load is inside its 95 % interval in at least 90 % of them, and the error seldom above what was promised."""
    splits = inside = above = 0
    for seed in range(50):
        confidence, wrong, later, later_wrong = halves(answers, seed)
        found = certify(confidence, wrong, target=0.02, delta=0.05)
        if not isinstance(found, Certified):
            continue
        splits += 1
        load = reviews(accepted=found.n, n=len(confidence), items=len(later), sample_rate=0)
        accepted = later >= found.threshold
        inside += load.low <= (~accepted).sum() <= load.high
        above += later_wrong[accepted].mean() > 0.02
    assert splits >= 40
    assert inside >= 0.9 * splits
    assert above <= 0.1 * splits


def test_the_curve_has_its_band(answers: tuple[Floats, Bools]) -> None:
    points = risk_coverage(*answers, most=100)
    assert len(points) <= 100
    assert points[-1].coverage == 1
    assert points[-1].risk == answers[1].mean()
    assert all(point.low <= point.risk <= point.high for point in points)

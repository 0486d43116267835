"""Whether a confidence means what it says, and making it so with one number: temperature scaling (Guo et al. 2017)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from routing.domain.temperature import LEAST_PROBABILITY, tempered

BINS = 15
_LOG_RANGE = (-2.5, 2.5)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers whose confidence lies in [low, high): their mean confidence, and the share of them that were right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


def fit_temperature(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Return the temperature at which the truth is likeliest, from about 0.08 to 12.

    `probabilities` is n by classes, `truth` n column numbers; rows that neither trained the model nor will measure it.
    ValueError: no rows, shapes that differ, or a column that is not there.
    """
    given, columns = np.asarray(probabilities, dtype=np.float64), np.asarray(truth, dtype=np.int64)
    if given.ndim != 2 or not len(given) or columns.shape != given.shape[:1]:  # noqa: PLR2004
        raise ValueError("A temperature is fitted on rows of class probabilities with one true class each.")
    if columns.min() < 0 or columns.max() >= given.shape[1]:
        raise ValueError("Every true class must be one of the columns.")
    found = minimize_scalar(
        lambda log: log_loss(tempered(given, math.exp(log)), columns), bounds=_LOG_RANGE, method="bounded"
    )
    return math.exp(float(found.x))


def log_loss(probabilities: FloatArray, truth: NDArray[np.int64]) -> float:
    """Return the mean negative log-likelihood, in nats, of n column numbers under n rows of class probabilities."""
    spoken = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.clip(spoken, LEAST_PROBABILITY, None)).mean())


def reliability(confidence: ArrayLike, right: ArrayLike, *, bins: int = BINS) -> list[ReliabilityBin]:
    """Return the bins of equal width over [0, 1] that hold answers, lowest first; 1 belongs to the last.

    `confidence` are n shares, `right` n booleans. ValueError: shapes that differ, or a confidence outside [0, 1].
    """
    sure, is_right = _checked(confidence, right)
    at = np.minimum((sure * bins).astype(np.int64), bins - 1)
    counts = np.bincount(at, minlength=bins)
    confidences, accuracies = (np.bincount(at, weights=values, minlength=bins) for values in (sure, is_right))
    return [
        ReliabilityBin(
            b / bins,
            (b + 1) / bins,
            int(counts[b]),
            float(confidences[b] / counts[b]),
            float(accuracies[b] / counts[b]),
        )
        for b in np.flatnonzero(counts).tolist()
    ]


def expected_calibration_error(confidence: ArrayLike, right: ArrayLike, *, bins: int = BINS) -> float:
    """Return the mean gap between confidence and accuracy over bins of equal width (Naeini et al. 2015), weighted by size.

    Shapes and errors as in `reliability`; ValueError too where there are no answers.
    """
    filled = reliability(confidence, right, bins=bins)
    if not filled:
        raise ValueError("Without answers there is no calibration error.")
    total = sum(one.n for one in filled)
    return sum(one.n * abs(one.confidence - one.accuracy) for one in filled) / total


def brier(confidence: ArrayLike, right: ArrayLike) -> float:
    """Return the mean squared gap between confidence and having been right (Brier 1950, of the answer given): 0 is best.

    Shapes and errors as in `expected_calibration_error`.
    """
    sure, is_right = _checked(confidence, right)
    if not len(sure):
        raise ValueError("Without answers there is no Brier score.")
    return float(((sure - is_right) ** 2).mean())


def _checked(confidence: ArrayLike, right: ArrayLike) -> tuple[FloatArray, FloatArray]:
    sure, is_right = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if sure.ndim != 1 or sure.shape != is_right.shape:
        raise ValueError("There must be one confidence for every answer, in one dimension.")
    if not ((sure >= 0) & (sure <= 1)).all():
        raise ValueError("Every confidence must lie between 0 and 1.")
    return sure, is_right

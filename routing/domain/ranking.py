"""Answers ordered by the model's confidence, equal confidences kept together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Answers from the surest down.

    `confidence` (n floats, falling); `wrong_up_to` (n + 1 counts: wrong ones among the first 0, 1, ..., n); `ends` (sizes, rising)
    at which a threshold can cut, because the next confidence is a lower one.
    """

    confidence: NDArray[np.float64]
    wrong_up_to: NDArray[np.int64]
    ends: NDArray[np.int64]

    @property
    def size(self) -> int:
        """How many answers there are."""
        return len(self.confidence)

    @property
    def wrong_in_all(self) -> int:
        """How many of them are wrong."""
        return int(self.wrong_up_to[-1])

    def wrong_among(self, n: int) -> int:
        """Return how many of the n surest are wrong."""
        return int(self.wrong_up_to[n])

    def typically_wrong_among(self, n: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how many of the n surest are wrong where, of a run of equal confidences that n cuts, a like part is taken."""
        sizes = np.concatenate([[0], self.ends])
        wrong: NDArray[np.float64] = np.interp(n, sizes, self.wrong_up_to[sizes])
        return wrong

    def threshold_of(self, n: int) -> float:
        """Return the threshold that accepts the n surest, where n is one of the ends."""
        return float(self.confidence[n - 1])

    def size_at(self, threshold: float) -> int:
        """Return how many have at least this confidence."""
        return int(np.searchsorted(-self.confidence, -threshold, side="right"))


def ranked(confidence: ArrayLike, wrong: ArrayLike) -> Ranking:
    """Return the answers in order; `confidence` are n floats in any scale, `wrong` n booleans.

    ValueError: shapes that differ or have more than one dimension, a confidence that is no finite number, a wrong that is
    neither 0 nor 1.
    """
    sure = np.asarray(confidence, dtype=np.float64)
    faults = np.asarray(wrong, dtype=np.float64)
    if sure.ndim != 1 or sure.shape != faults.shape:
        raise ValueError("There must be one confidence for every answer, in one dimension.")
    if not np.isfinite(sure).all():
        raise ValueError("Every confidence must be a finite number.")
    if not np.isin(faults, (0, 1)).all():
        raise ValueError("Every answer must be either wrong or right.")
    order = np.argsort(-sure, kind="stable")
    falling = sure[order]
    wrong_up_to = np.concatenate([[0], np.cumsum(faults[order])]).astype(np.int64)
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) + 1 if len(falling) else np.empty(0)
    return Ranking(falling, wrong_up_to, ends.astype(np.int64))

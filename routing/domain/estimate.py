"""Estimates of an error rate, with intervals for display; certificates and budgets have exact bounds of their own.

What people happened to review says little of what nobody looked at: the plain mean over reviewed items overstates the error of all,
because items are reviewed for being doubtful. A uniform sample needs no weights; other answers count by one over the
probability with which they were looked at (Hajek 1971).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from routing.domain.bounds import check_share, cp_lower, cp_upper


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its two-sided interval; `n` answers, worth as much as `effective_n` that all weigh the same."""

    mean: float
    low: float
    high: float
    n: int
    effective_n: float


def sample_estimate(wrong: int, n: int, *, level: float = 0.95) -> Estimate | None:
    """Return the error rate of a uniform sample with its two-sided Clopper-Pearson interval; None without an answer.

    Applied to whatever was reviewed instead of to a sample, it is the mean over reviewed items, and misleads.
    ValueError: counts that cannot be, or a level outside (0, 1).
    """
    check_share(level, "the level")
    tail = (1 - level) / 2
    low, high = cp_lower(wrong, n, tail), cp_upper(wrong, n, tail)
    return Estimate(wrong / n, low, high, n, float(n)) if n else None


def weighted_estimate(wrong: ArrayLike, probability: ArrayLike, *, level: float = 0.95) -> Estimate | None:
    """Return the Hajek mean, sum(w y) / sum(w) with w = 1 / probability; None without an answer. For display only.

    `wrong` (n booleans) and `probability` (n shares in (0, 1]: how likely the item was to be looked at). The interval is Wilson's at
    Kish's effective number of answers, (sum w)^2 / sum(w^2); it is approximate.
    ValueError: shapes that differ, a probability outside (0, 1], a level outside (0, 1).
    """
    check_share(level, "the level")
    faults, chance = np.asarray(wrong, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    if faults.ndim != 1 or faults.shape != chance.shape:
        raise ValueError("There must be one probability for every answer, in one dimension.")
    if not ((chance > 0) & (chance <= 1)).all():
        raise ValueError("A probability of being looked at must be above 0 and at most 1.")
    if not len(faults):
        return None
    weight = 1 / chance
    mean = float(weight @ faults / weight.sum())
    effective = float(weight.sum() ** 2 / (weight @ weight))
    low, high = wilson(mean, effective, level=level)
    return Estimate(mean, low, high, len(faults), effective)


def wilson(share: float, n: float, *, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's two-sided score interval (1927) of a share seen among n > 0; n need not be whole.

    ValueError: a share outside [0, 1], n not above 0, a level outside (0, 1).
    """
    check_share(level, "the level")
    if not 0 <= share <= 1 or not n > 0:
        raise ValueError("An interval needs a share between 0 and 1 of a number above 0.")
    z = float(ndtri((1 + level) / 2))
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    scale = 1 + z * z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)

"""Whether a model's inputs and answers still look as they did: PSI, Kolmogorov-Smirnov, and what follows from them.

Small drift is invisible to these: with 5 % of unseen intents KS notices little more than half the time at 4,000 items. Whether answers
are still right is known from the calibration sample alone.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, kolmogorov

FEWEST_IN_REFERENCE = 1_000
WINDOW = 500
BAD, WORST = 0.2, 0.35
CLEAN = BAD / 2
_RAISED_AFTER, _PEOPLE_AFTER, _RECOVERED_AFTER = 2, 4, 3
_BINS = 10
# Added to every bin, so that an empty one gives no infinite index.
_SMOOTHING = 0.5


class DriftLevel(StrEnum):
    """What the windows so far call for."""

    NONE = "none"
    RAISED = "raised"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class DriftState:
    """The level, and how many bad and how many clean windows came last in a row."""

    level: DriftLevel = DriftLevel.NONE
    bad_in_a_row: int = 0
    clean_in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One comparison of a window with the reference: the index, and the statistic (its effect size) with its p-value."""

    psi: float
    statistic: float
    p_value: float


def after(state: DriftState, psi: float) -> DriftState:
    """Return the state after one more window whose worst index is `psi`.

    Two bad windows (above .2) in a row call for a stricter threshold; four, or a single one above .35, for people. Three clean windows
    in a row (.1 at most, half the limit) end either. A window between the two limits breaks both rows and changes nothing.
    ValueError: an index that is no finite number from 0.
    """
    if not (math.isfinite(psi) and psi >= 0):
        raise ValueError(f"A stability index is a number from 0, not {psi}.")
    bad = state.bad_in_a_row + 1 if psi > BAD else 0
    clean = state.clean_in_a_row + 1 if psi <= CLEAN else 0
    level = state.level
    if clean >= _RECOVERED_AFTER:
        level = DriftLevel.NONE
    elif psi > WORST or bad >= _PEOPLE_AFTER:
        level = DriftLevel.PEOPLE
    elif bad >= _RAISED_AFTER and level == DriftLevel.NONE:
        level = DriftLevel.RAISED
    return DriftState(level, bad, clean)


def after_all(indices: Iterable[float]) -> DriftState:
    """Return the state after these windows' worst indices, oldest first."""
    state = DriftState()
    for psi in indices:
        state = after(state, psi)
    return state


def quantile_edges(reference: ArrayLike, bins: int = _BINS) -> list[float]:
    """Return the inner edges of bins that hold equal shares of the reference; fewer where many values are equal.

    ValueError: fewer than 1,000 values, or one that is no finite number.
    """
    values = np.asarray(reference, dtype=np.float64)
    if len(values) < FEWEST_IN_REFERENCE or not np.isfinite(values).all():
        raise ValueError(f"A reference holds at least {FEWEST_IN_REFERENCE} finite numbers.")
    edges = np.unique(np.quantile(values, np.arange(1, bins) / bins, method="inverted_cdf"))
    # A value is in the bin above its edge; the lowest value as an edge would leave an empty bin below.
    return [float(edge) for edge in edges if edge > values.min()]


def binned(values: ArrayLike, edges: Sequence[float]) -> NDArray[np.int64]:
    """Return how many of the values are in each of the len(edges) + 1 bins; a value equal to an edge is above it."""
    at = np.searchsorted(np.asarray(edges), np.asarray(values, dtype=np.float64), side="right")
    return np.bincount(at, minlength=len(edges) + 1).astype(np.int64)


def psi(reference_counts: ArrayLike, window_counts: ArrayLike) -> float:
    """Return the population stability index, sum((w - r) log(w / r)) over shares w and r of the same bins, in nats.

    Half an item is added to every bin on both sides. 0 where the shares are equal; by convention .1 is little and .25 a lot.
    ValueError: bins that differ, or a side without items.
    """
    reference, window = (np.asarray(counts, dtype=np.float64) for counts in (reference_counts, window_counts))
    if reference.shape != window.shape or reference.ndim != 1:
        raise ValueError("The reference and the window must be counted in the same bins.")
    if not reference.sum() > 0 or not window.sum() > 0:
        raise ValueError("An index needs items on both sides.")
    r, w = ((counts + _SMOOTHING) / (counts.sum() + _SMOOTHING * len(counts)) for counts in (reference, window))
    return float(((w - r) * np.log(w / r)).sum())


def ks(reference: ArrayLike, window: ArrayLike, *, reference_n: int | None = None) -> tuple[float, float]:
    """Return the two-sample Kolmogorov-Smirnov statistic and its p-value by the limiting distribution (Stephens 1970).

    Two lots of numbers in any order. `reference_n` is how many the reference stood for, where it was thinned.
    ValueError: a side without numbers.
    """
    one, other = (np.sort(np.asarray(values, dtype=np.float64)) for values in (reference, window))
    if not len(one) or not len(other):
        raise ValueError("A comparison needs numbers on both sides.")
    every = np.concatenate([one, other])
    below = [np.searchsorted(side, every, side="right") / len(side) for side in (one, other)]
    statistic = float(np.abs(below[0] - below[1]).max())
    n = reference_n or len(one)
    root = math.sqrt(n * len(other) / (n + len(other)))
    return statistic, float(kolmogorov((root + 0.12 + 0.11 / root) * statistic))


def number_drift(reference: ArrayLike, window: ArrayLike) -> Measure:
    """Return how a window of numbers (confidence, length, vocabulary) compares with the reference; bins are the reference's."""
    edges = quantile_edges(reference)
    statistic, p = ks(reference, window)
    return Measure(psi(binned(reference, edges), binned(window, edges)), statistic, p)


def label_drift(reference: Mapping[str, int], window: Mapping[str, int]) -> Measure:
    """Return how a window's mix of labels compares with the reference's; both are counts by label, at least one each.

    With many labels the index is far from 0 by chance alone, about (labels - 1) (1/n + 1/m): that much is taken off, 0 at least. The
    statistic is the total variation distance (how large a share would have to change its label), the p-value chi-squared's.
    ValueError: a side without items.
    """
    labels = sorted({label for counts in (reference, window) for label, count in counts.items() if count})
    r, w = (np.array([counts.get(label, 0) for label in labels], dtype=np.float64) for counts in (reference, window))
    index = psi(r, w)
    n, m = r.sum(), w.sum()
    by_chance = (len(labels) - 1) * (1 / n + 1 / m)
    expected = (r + w) / (n + m)
    chi_squared = ((r - n * expected) ** 2 / (n * expected)).sum() + ((w - m * expected) ** 2 / (m * expected)).sum()
    return Measure(
        psi=max(0.0, index - by_chance),
        statistic=float(np.abs(r / n - w / m).sum() / 2),
        p_value=float(chdtrc(max(1, len(labels) - 1), chi_squared)),
    )

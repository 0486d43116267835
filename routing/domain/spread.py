"""How scored items lie along the thresholds of one policy: the ground of coverage, whatever target is asked for."""

from dataclasses import dataclass

import numpy as np

from routing.domain.columns import NO_LABEL, Columns, FloatColumn
from routing.domain.policy_body import Policy
from routing.domain.replay import acceptable

SCALE_POINTS = 200
_MOST_DIGITS = 12
_MOST_LAXER = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How the scored items lie: the scores of those that could be automatic, rising, of `scored` in all.

    `scale` are pairs of threshold and automatic share, strictest first, spread evenly over the shares. Target and delta do not change it.
    """

    scores: FloatColumn
    scored: int
    scale: tuple[tuple[float, float], ...]


def spread_of(scored: Columns, policy: Policy) -> Spread:
    """Return how the scored items lie under a policy's rules and the labels' own thresholds."""
    rising = np.sort(_kept(scores(scored, policy)))
    return Spread(rising, len(scored), _scale(rising, len(scored)))


def scores(columns: Columns, policy: Policy) -> FloatColumn:
    """Return from which default threshold down each item is accepted (n floats); NaN: from none.

    The confidence, for a label without a threshold of its own. With one: 1, which every threshold reaches, or NaN.
    """
    own = policy.label_thresholds
    fixed = np.array([*(text in own for text in columns.labels), False], dtype=np.bool_)[columns.label]
    table = [own.get(text) for text in columns.labels]
    needed = np.array([*(np.inf if one is None else one for one in table), np.inf], dtype=np.float64)[columns.label]
    by_own = np.where(columns.confidence >= needed, 1.0, np.nan)
    score = np.where(fixed, by_own, columns.confidence)
    return np.where(acceptable(columns, policy) & (columns.label != NO_LABEL), score, np.nan)


def score_of(threshold: float | None) -> float:
    """Return the score from which on items are accepted at a threshold."""
    # With "never", labels with a threshold of their own are still accepted: these have the score 1.
    return 1.0 if threshold is None else threshold


def plain(threshold: float, below: float) -> float:
    """Return the number with fewest decimals up to the threshold and above `below`, the next lower confidence.

    It accepts the same items, and is not more than a thousandth laxer. It depends on confidences alone, as a grid may.
    """
    for digits in range(2, _MOST_DIGITS):
        short = float(np.floor(round(threshold * 10**digits, 6)) / 10**digits)
        if max(below, threshold - _MOST_LAXER) < short <= threshold:
            return short
    return threshold


def _kept(score: FloatColumn) -> FloatColumn:
    kept: FloatColumn = score[~np.isnan(score)]
    return kept


def _scale(rising: FloatColumn, scored: int) -> tuple[tuple[float, float], ...]:
    """Return pairs of threshold and automatic share, strictest first, spread evenly over the shares."""
    if not len(rising):
        return ()
    falling = rising[::-1]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    wished = np.linspace(ends[0], ends[-1], SCALE_POINTS).round().astype(np.int64)
    chosen = np.unique(ends[np.searchsorted(ends, wished)]).tolist()
    below = [float(falling[end + 1]) if end + 1 < len(falling) else 0.0 for end in chosen]
    shares = [(end + 1) / scored for end in chosen]
    return tuple(
        (plain(float(falling[end]), next_), share) for end, next_, share in zip(chosen, below, shares, strict=True)
    )

"""The risk-coverage curve: at each threshold, what share is decided automatically and how much of it is wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.domain.bounds import check_share, cp_lower, cp_upper
from routing.domain.ranking import Ranking, ranked

MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """With this threshold the share `coverage` is automatic; `k` of `n` answers there were wrong.

    `low` and `high` are a band around this point alone: the whole curve need not lie in it, and no threshold may be chosen by it.
    """

    threshold: float
    n: int
    k: int
    coverage: float
    risk: float
    low: float
    high: float


def risk_coverage(
    confidence: ArrayLike,
    wrong: ArrayLike,
    *,
    total: int | None = None,
    level: float = 0.95,
    most: int = MOST_POINTS,
) -> list[CurvePoint]:
    """Return the curve from the strictest threshold to the loosest, equal confidences whole, thinned to `most` points.

    `confidence` and `wrong` have n entries, as in `certify`. Coverage is of `total`, the answers of the whole sample with those that the
    policy's rules send to people; n where it is not given. The band is two-sided Clopper-Pearson at `level`. The first and last points
    are kept, the others spread evenly over coverage. Empty without answers.
    ValueError: shapes that differ, a total below n, fewer than two points wanted, a level outside (0, 1).
    """
    check_share(level, "the level")
    ranking = ranked(confidence, wrong)
    whole = ranking.size if total is None else total
    if whole < ranking.size:
        raise ValueError(f"A sample of {whole} answers cannot hold {ranking.size} that would be automatic.")
    if most < 2:  # noqa: PLR2004 - the two ends
        raise ValueError("A curve has at least two points.")
    if not ranking.size:
        return []
    n = _thinned(ranking, most)
    k = ranking.wrong_up_to[n]
    tail = (1 - level) / 2
    low, high = cp_lower(k, n, tail), cp_upper(k, n, tail)
    return [
        CurvePoint(
            threshold=ranking.threshold_of(size),
            n=size,
            k=faults,
            coverage=size / whole,
            risk=faults / size,
            low=float(low[at]),
            high=float(high[at]),
        )
        for at, (size, faults) in enumerate(zip(n.tolist(), k.tolist(), strict=True))
    ]


def point_at(
    confidence: ArrayLike, wrong: ArrayLike, threshold: float, *, total: int | None = None, level: float = 0.95
) -> CurvePoint | None:
    """Return the curve's point at a threshold of one's own; None where no answer reaches it. As `risk_coverage`."""
    check_share(level, "the level")
    ranking = ranked(confidence, wrong)
    n = ranking.size_at(threshold)
    if not n:
        return None
    k = ranking.wrong_among(n)
    tail = (1 - level) / 2
    whole = ranking.size if total is None else total
    return CurvePoint(threshold, n, k, n / whole, k / n, cp_lower(k, n, tail), cp_upper(k, n, tail))


def aurc(confidence: ArrayLike, wrong: ArrayLike) -> float:
    """Return the area under the risk-coverage curve: the mean over i = 1..n of the error rate among the i surest answers.

    Geifman, Uziel and El-Yaniv (arXiv 1805.08206), equation for AURC, with 0/1 loss. Answers of equal confidence all count with the
    error rate at the end of their run, so that their order does not matter. Smaller is better.
    ValueError: as in `certify`, or no answers.
    """
    ranking = ranked(confidence, wrong)
    if not ranking.size:
        raise ValueError("Without answers there is no curve to take the area of.")
    runs = np.diff(ranking.ends, prepend=0)
    return float((runs * ranking.wrong_up_to[ranking.ends] / ranking.ends).sum() / ranking.size)


def _thinned(ranking: Ranking, most: int) -> NDArray[np.int64]:
    """Return so many of the sizes at which a threshold can cut, spread evenly over the answers, both ends among them."""
    if len(ranking.ends) <= most:
        return ranking.ends
    wished = np.linspace(ranking.ends[0], ranking.size, most).round().astype(np.int64)
    return np.unique(ranking.ends[np.searchsorted(ranking.ends, wished)])

"""Choosing a threshold that keeps its promise: fixed-sequence testing over a grid of thresholds.

Learn-then-Test (Angelopoulos, Bates, Candes, Jordan and Lei, arXiv 2110.01052): the thresholds are tested from the strictest to
the loosest, each at the full delta, and the first that fails ends it. The order and the grid come from the confidences
alone, never from what was wrong, and so the chance that the threshold found breaks its target is at most delta.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.domain.bounds import check_share, cp_upper, fewest, p_value
from routing.domain.ranking import Ranking, ranked
from routing.domain.wanting import wanting

GRID = 100
# The strictest point tested is one that could bear so many wrong answers; with fewer answers, none.
_BORNE = 2


class Refusal(StrEnum):
    """Why no threshold was certified."""

    NOTHING_SCORED = "nothing_scored"
    TOO_FEW = "too_few"
    FIRST_POINT_FAILS = "first_point_fails"


@dataclass(frozen=True, slots=True)
class GridPoint:
    """A threshold that was tested: of `n` answers with at least this confidence, `k` were wrong."""

    threshold: float
    n: int
    k: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Certified:
    """Whatever has at least `threshold` is wrong in at most `target` of cases, at 1 - delta.

    `bound` is the Clopper-Pearson bound at the threshold (at most the target); `grid` holds the points in the order in which they
    were tested, of which `passed` held and one more, if there is one, did not; `planned` says how many points there were to test.
    """

    threshold: float
    n: int
    k: int
    bound: float
    p_value: float
    grid: tuple[GridPoint, ...]
    passed: int
    planned: int
    delta: float
    target: float


@dataclass(frozen=True, slots=True)
class Refused:
    """No threshold can be certified, and why.

    `n` and `k` are all the answers given and the wrong ones among them. `missing` is how many more answers would likely certify
    one (an estimate, rough where `n` is small), None where more of the same would not: the surest are wrong too often.
    """

    reason: Refusal
    missing: int | None
    n: int
    k: int
    grid: tuple[GridPoint, ...]
    delta: float
    target: float


def certify(confidence: ArrayLike, wrong: ArrayLike, *, target: float, delta: float) -> Certified | Refused:
    """Return the loosest threshold that passes, or the reason why there is none.

    `confidence` (n floats) and `wrong` (n booleans) are answers of the calibration sample that the policy would accept if they
    were confident enough, in any order; both are one-dimensional. Equal confidences are taken whole.
    ValueError: shapes that differ, a confidence that is no number, target or delta outside (0, 1).
    """
    check_share(target, "the target")
    check_share(delta, "delta")
    ranking = ranked(confidence, wrong)
    ends = _grid(ranking, target, delta)
    if ends is None:
        return _refused(Refusal.TOO_FEW if ranking.size else Refusal.NOTHING_SCORED, ranking, (), target, delta)
    wrongs = ranking.wrong_up_to[ends]
    is_passed = p_value(wrongs, ends, target) <= delta
    passed = len(ends) if is_passed.all() else int(is_passed.argmin())
    tested = tuple(_point(ranking, int(n), target) for n in ends[: passed + 1])
    if not passed:
        return _refused(Refusal.FIRST_POINT_FAILS, ranking, tested, target, delta)
    best = tested[passed - 1]
    return Certified(
        threshold=best.threshold,
        n=best.n,
        k=best.k,
        bound=cp_upper(best.k, best.n, delta),
        p_value=best.p_value,
        grid=tested,
        passed=passed,
        planned=len(ends),
        delta=delta,
        target=target,
    )


def attempt_delta(delta: float, attempt: int) -> float:
    """Return the level at which this attempt on one model version's answers is tested: delta first, then delta / 2^attempt.

    The first, on a window whose end was fixed before its first answer, has the whole delta. Attempt 2 on answers already looked at
    is tested at delta / 4, attempt 3 at delta / 8: the exponent is the attempt's number as it stands on the certificate.
    So all the repeated ones together fail with probability delta / 2 at most, beside the delta of the first.
    ValueError: an attempt below 1, or a delta outside (0, 1).
    """
    check_share(delta, "delta")
    if attempt < 1:
        raise ValueError(f"Attempts are counted from 1, so that there is none with the number {attempt}.")
    return delta if attempt == 1 else delta / 2.0**attempt


def _grid(ranking: Ranking, target: float, delta: float) -> NDArray[np.int64] | None:
    """Return the sizes to test, strictest first: about a hundred, each at the end of a run of equal confidences."""
    start = fewest(target, delta, _BORNE)
    if start > ranking.size:
        start = fewest(target, delta)
    if start > ranking.size:
        return None
    wished = np.linspace(start, ranking.size, GRID).round().astype(np.int64)
    return np.unique(ranking.ends[np.searchsorted(ranking.ends, wished)])


def _point(ranking: Ranking, n: int, target: float) -> GridPoint:
    k = ranking.wrong_among(n)
    return GridPoint(ranking.threshold_of(n), n, k, p_value(k, n, target))


def _refused(reason: Refusal, ranking: Ranking, tested: tuple[GridPoint, ...], target: float, delta: float) -> Refused:
    missing = wanting(ranking, target=target, delta=delta, borne=_BORNE)
    return Refused(reason, missing, ranking.size, ranking.wrong_in_all, tested, delta, target)

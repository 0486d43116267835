"""A bound that may be looked at after every answer: the Beta-mixture confidence sequence, and what it says of a budget.

B(a + k, b + n - k) / B(a, b) / (p^k (1 - p)^(n - k)) is a martingale if the error rate is p, so that it ever reaches 1 / delta with
probability delta at most (Ville 1939; Robbins 1970). A rate is ruled out once it has. A Clopper-Pearson bound looked at as often says
falsely "within" one time in five. The price: 1 % wants 435 answers without a wrong one, not 299.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import betaln

from routing.domain.bounds import check_share

# The mixture: most of its weight lies on error rates of a few per cent and below.
_A, _B = 0.5, 30.0
_TINY = 1e-15


class BudgetState(StrEnum):
    """Where an error budget stands."""

    MEASURING = "measuring"
    WITHIN = "within"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class LiveBound:
    """The budget after the last answer; where answers that are held back have spent it, after the first at which they have.

    `was_under_at` is after how many answers the upper end was first at or under the limit, `spent_at` after how many the budget was
    first spent, whatever came later; None where that never was.
    """

    state: BudgetState
    n: int
    wrong: int
    upper: float
    lower: float
    was_under_at: int | None
    spent_at: int | None


def upper(wrong: int, n: int, delta: float) -> float:
    """Return the error rate above which all are ruled out after `n` answers, `wrong` of them wrong; 1 without an answer.

    The chance that the true rate is ever outside [lower, upper], over all n together, is delta at most.
    ValueError: counts that cannot be, or a delta outside (0, 1).
    """
    _check(wrong, n, delta)
    if n == wrong:
        return 1.0
    return _crossing(_evidence_at(wrong, n, delta), wrong / n, 1 - _TINY)


def lower(wrong: int, n: int, delta: float) -> float:
    """Return the error rate below which all are ruled out; 0 while none was wrong. As `upper`."""
    _check(wrong, n, delta)
    if wrong == 0:
        return 0.0
    return _crossing(_evidence_at(wrong, n, delta), min(wrong / n, 1 - _TINY), _TINY)


def live_bound(
    wrong: ArrayLike, *, limit: float, delta: float, looked: int | None = None, ahead: ArrayLike = ()
) -> LiveBound:
    """Return where the budget stands after these answers of one model version, n booleans in the order of their draw.

    measuring: the upper end has not been at the limit or under it yet. within: it is. spent: it was and is no more, or the lower end is
    above the limit. `looked` is how many answers there were when it was last looked at: whatever happened behind them counts as if
    somebody had looked after every one; None: where it stands now is all that counts.
    `ahead` are the items behind the first one that is open, an open one as right: what is spent even so is spent whatever the open
    answers will be, because more wrong ones never bring it back. Nothing else is concluded from them.
    ValueError: a limit or delta outside (0, 1), an answer that is neither wrong nor right.
    """
    check_share(limit, "the limit")
    check_share(delta, "delta")
    faults, further = np.asarray(wrong, dtype=np.float64), np.asarray(ahead, dtype=np.float64)
    if faults.ndim != 1 or further.ndim != 1 or not np.isin(np.concatenate([faults, further]), (0, 1)).all():
        raise ValueError("Every answer must be either wrong or right, in one dimension.")
    total = len(faults)
    k = np.cumsum(np.concatenate([faults, further])).astype(np.int64)
    n = np.arange(1, len(k) + 1)
    is_ruled_out = log_evidence(k, n, limit) >= -math.log(delta)
    is_under = is_ruled_out & (k < limit * n)
    is_above = is_ruled_out & (k > limit * n)
    was_under = np.logical_or.accumulate(is_under & (n <= total))
    is_spent = is_above | (was_under & ~is_under)
    last = max(0, total - 1)
    since = last if looked is None else min(looked, last)
    found = _first(is_spent[since:])
    count = total if found is None else max(total, since + found)
    state = BudgetState.MEASURING
    if found is not None:
        state = BudgetState.SPENT
    elif total and is_under[total - 1]:
        state = BudgetState.WITHIN
    wrongs = int(k[count - 1]) if count else 0
    return LiveBound(
        state=state,
        n=count,
        wrong=wrongs,
        upper=upper(wrongs, count, delta),
        lower=lower(wrongs, count, delta),
        was_under_at=_first(is_under[:total]),
        spent_at=_first(is_spent[:total]),
    )


def log_evidence(wrong: ArrayLike, n: ArrayLike, rate: float) -> NDArray[np.float64]:
    """Return the logarithm of the evidence against this error rate, for arrays of counts; ruled out from log(1 / delta)."""
    k, total = np.asarray(wrong, dtype=np.float64), np.asarray(n, dtype=np.float64)
    mixed = betaln(_A + k, _B + total - k) - betaln(_A, _B)
    evidence: NDArray[np.float64] = mixed - k * math.log(rate) - (total - k) * math.log1p(-rate)
    return evidence


def _evidence_at(wrong: int, n: int, delta: float) -> Callable[[float], float]:
    """Return the function of a rate that is positive where it is ruled out; lowest at the rate seen."""
    return lambda rate: float(log_evidence(wrong, n, rate)) + math.log(delta)


def _crossing(evidence: Callable[[float], float], seen: float, end: float) -> float:
    """Return where between the rate seen and the end the evidence reaches what rules out."""
    start = min(max(seen, _TINY), 1 - _TINY)
    if evidence(end) <= 0:
        return round(end)
    return float(brentq(evidence, start, end, xtol=1e-12))


def _first(marks: NDArray[Any]) -> int | None:
    return int(marks.argmax()) + 1 if marks.any() else None


def _check(wrong: int, n: int, delta: float) -> None:
    check_share(delta, "delta")
    if not 0 <= wrong <= n:
        raise ValueError(f"Of {n} answers, {wrong} cannot be wrong.")

"""How many more answers would likely certify a threshold: told to whoever was refused one."""

import math

import numpy as np
from scipy.special import pdtri

from routing.domain.bounds import fewest
from routing.domain.ranking import Ranking

_LIKELY = 0.8
# Beyond so many times the answers at hand, what they show says nothing.
_MOST_TIMES = 1_000
_STEP = 1.02


def wanting(ranking: Ranking, *, target: float, delta: float, borne: int) -> int | None:
    """Return how many more answers would likely let the first point pass; None where more would not help.

    `borne` is how many wrong ones the first point can have, once there are answers enough for that.
    Where there are too few answers to test any, and no more than half the target is wrong, it is what lacks to certify them all
    with the wrong ones there are: 261 answers with one wrong want 212 for 1 %. Otherwise it supposes that more answers look like
    those at hand: with twice as many, the first point holds the surer half of what it holds now, twice, and fewer of them
    are wrong. "Likely" is four times in five if the share of wrong ones seen there is the true one; with few answers at hand
    it is less, because that is not known.
    """
    size, wrong = ranking.size, ranking.wrong_in_all
    large, small = fewest(target, delta, borne), fewest(target, delta)
    if size < small and wrong <= target * size / 2:
        return fewest(target, delta, wrong) - size
    steps = np.arange(1, math.ceil(math.log(_MOST_TIMES) / math.log(_STEP)) + 1)
    totals = np.unique(np.concatenate([np.ceil(size * _STEP**steps), [small, large]])).astype(np.int64)
    totals = totals[(totals > size) & (totals >= small)]
    first = np.where(totals >= large, large, small)
    at_hand = np.clip((first * size / totals).round(), 1, size).astype(np.int64)
    expected = ranking.typically_wrong_among(at_hand) * first / at_hand
    would_do = totals[expected <= np.where(totals >= large, pdtri(borne, _LIKELY), pdtri(0, _LIKELY))]
    return int(would_do[0]) - size if len(would_do) else None

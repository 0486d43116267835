"""What share of coming items a threshold will decide, as an interval that the coming items themselves must meet.

It holds both doubts: how large the share really is, known from a sample only, and what happens to fall into the time looked at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, betaincinv

from routing.domain.bounds import check_share

_NODES = 512


@dataclass(frozen=True, slots=True)
class Load:
    """An expected count out of `items` coming ones, and the interval in which it will lie."""

    items: int
    expected: float
    low: int
    high: int


def automatic_items(*, accepted: int, n: int, items: int, level: float = 0.95) -> Load:
    """Return how many of the coming items will be decided automatically, where `accepted` of `n` scored ones would be.

    Beta-binomial with Jeffreys' prior, quantiles of equal tails. The scored and the coming items must come from one population: drift
    is not in it. ValueError: more accepted than scored, nothing scored, negative items, a level outside (0, 1).
    """
    return _predicted(accepted, n, items, 1.0, level)


def reviews(*, accepted: int, n: int, items: int, sample_rate: float = 0.0, level: float = 0.95) -> Load:
    """Return how many of the coming items people will see: those not automatic, and of the automatic ones the sample's share.

    As `automatic_items`; ValueError too where the sample rate is outside [0, 1].
    """
    if not 0 <= sample_rate <= 1:
        raise ValueError(f"A sample rate lies between 0 and 1, not at {sample_rate}.")
    unseen = _predicted(accepted, n, items, 1 - sample_rate, level)
    return Load(items, items - unseen.expected, items - unseen.high, items - unseen.low)


def _predicted(accepted: int, n: int, items: int, part: float, level: float) -> Load:
    """Return the count of coming items that are accepted and, by chance, also in a part of that probability."""
    check_share(level, "the level")
    if not 0 <= accepted <= n or not n or items < 0:
        raise ValueError("A prediction needs scored items, of which no more are accepted than there are.")
    middles = (np.arange(_NODES) + 0.5) / _NODES
    rates = betaincinv(accepted + 0.5, n - accepted + 0.5, middles) * part
    tail = (1 - level) / 2
    return Load(
        items=items,
        expected=items * part * accepted / n,
        low=_quantile(rates, items, tail),
        high=_quantile(rates, items, 1 - tail),
    )


def _quantile(rates: NDArray[np.float64], items: int, share: float) -> int:
    """Return the least count that the binomials of these rates together do not exceed with this probability."""
    low, high = 0, items
    while low < high:
        middle = (low + high) // 2
        if float(bdtr(middle, items, rates).mean()) >= share:
            high = middle
        else:
            low = middle + 1
    return low

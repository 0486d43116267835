"""What an error budget's bound has done and how far it is from its next state: for pages, beside the state itself."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.domain.live_bound import log_evidence, lower, upper

_LOOKED_AHEAD = 20_000


@dataclass(frozen=True, slots=True)
class BoundPoint:
    """The bound after `n` answers, `wrong` of them wrong."""

    n: int
    wrong: int
    upper: float
    lower: float


def path_of(answers: ArrayLike, *, delta: float, most: int = 60) -> list[BoundPoint]:
    """Return the bound on its way through these answers (n booleans, in the order of draw): evenly, and around each wrong one.

    At most `most` points lie evenly and about as many more at wrong answers. ValueError: a delta outside (0, 1).
    """
    faults = np.asarray(answers, dtype=np.int64)
    if not len(faults):
        return []
    wrong_at = np.flatnonzero(faults)[:most] + 1
    evenly = np.linspace(1, len(faults), min(len(faults), most)).round().astype(np.int64)
    places = np.unique(np.concatenate([evenly, wrong_at, np.maximum(wrong_at - 1, 1)]))
    counts = np.cumsum(faults)[places - 1]
    return [
        BoundPoint(n, k, upper(k, n, delta), lower(k, n, delta))
        for n, k in zip(places.tolist(), counts.tolist(), strict=True)
    ]


def right_until_within(wrong: int, n: int, *, limit: float, delta: float) -> int | None:
    """Return how many right answers in a row would bring the bound to the limit; None where 20,000 would not do."""
    ahead = np.arange(_LOOKED_AHEAD + 1)
    return _first(_is_under(np.full(len(ahead), wrong), n + ahead, limit, delta))


def wrong_until_spent(wrong: int, n: int, *, limit: float, delta: float) -> int | None:
    """Return how many wrong answers in a row a budget that is within would not survive; None where it is not within."""
    ahead = np.arange(1_000)
    under = _is_under(wrong + ahead, n + ahead, limit, delta)
    return _first(~under) if under[0] else None


def _is_under(wrong: NDArray[np.int64], n: NDArray[np.int64], limit: float, delta: float) -> NDArray[np.bool_]:
    return (log_evidence(wrong, n, limit) >= -math.log(delta)) & (wrong < limit * n)


def _first(marks: NDArray[np.bool_] | Sequence[bool]) -> int | None:
    found = np.flatnonzero(marks)
    return int(found[0]) if len(found) else None

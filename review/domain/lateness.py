"""How many reviews will be overdue at the worst moment until all is due that comes in a working day; simulated, with both doubts.

What comes and what is done are counts of chance, and how much comes and is done on average is known from an hour only. Reviews are done
in the order of their due times while as many people are at work as now.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WORKING_DAY_H = 8.0
LONGEST_SLA_H = 7 * 24.0
# What is overdue at this moment and done within an hour is no threshold's doing.
FIRST_H = 1.0
_RUNS, _STEPS = 240, 120
_LEVEL = 0.9

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Range:
    """In nine cases of ten the count lies within these, both inclusive."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Reviews that wait: how many are due within each hour from now on, overdue ones in the first; `sla_h` is the time new ones have."""

    due: tuple[int, ...]
    sla_h: float

    def until(self, hours: Counts) -> Counts:
        """Return how many are due until then; within an hour evenly."""
        known = np.concatenate([[0], np.cumsum(self.due)])
        found: Counts = np.interp(hours, np.arange(len(known)), known)
        return found


def overdue_at_worst(
    waiting: Waiting, arrivals_per_h: Sequence[float], *, seen: int, done_per_h: float, done: int
) -> list[Range]:
    """Return the range for each rate of arrivals; a higher one never has a lower range.

    `seen` arrivals and `done` reviews are what the rates are known from; 0: nothing, they are assumed.
    """
    chance = np.random.default_rng(0)
    sla = min(waiting.sla_h, LONGEST_SLA_H)
    hours = np.linspace(0, WORKING_DAY_H + sla, _STEPS + 1)
    step = hours[1]
    comes = np.clip(hours[:-1] + step, None, WORKING_DAY_H) - np.clip(hours[:-1], None, WORKING_DAY_H)
    finished = _counts(chance, np.full(_STEPS, done_per_h * step), _doubt(chance, done))
    doubt = _doubt(chance, seen)
    ranges: dict[float, Range] = {}
    arrived, before = np.zeros((_RUNS, _STEPS + 1)), 0.0
    for rate in sorted(set(arrivals_per_h)):
        arrived = arrived + _counts(chance, (rate - before) * comes, doubt)
        before = rate
        worst = _overdue(waiting, hours, arrived, finished, sla)[:, hours >= min(FIRST_H, hours[-1])].max(axis=1)
        tail = (1 - _LEVEL) / 2
        low, high = np.quantile(worst, [tail, 1 - tail])
        ranges[rate] = Range(int(np.floor(low)), int(np.ceil(high)))
    return [ranges[rate] for rate in arrivals_per_h]


def _overdue(waiting: Waiting, hours: Counts, arrived: Counts, finished: Counts, sla: float) -> Counts:
    """Return what is overdue at each time in each run.

    Due until t is what waits and is due by then, and what came until t - sla. Of it is left what came since the last moment at which
    nothing of it was left, less what could be done since: the greatest of these over all moments.
    """
    since_empty = -np.minimum.accumulate((arrived - finished)[:, 1:], axis=1)
    since_empty = np.concatenate([np.full((len(arrived), 1), -np.inf), since_empty], axis=1)
    # The newest step whose arrivals are due; before the first of them only what waits is.
    newest = np.searchsorted(hours, hours - sla + 1e-9, side="right") - 1
    is_due = newest >= 0
    place = np.maximum(newest, 0)
    due = np.where(is_due, arrived[:, place], 0.0)
    left = np.maximum(waiting.until(hours), np.where(is_due, since_empty[:, place], -np.inf))
    return np.maximum(0.0, due - finished + left)


def _counts(chance: np.random.Generator, means: Counts, doubt: Counts) -> Counts:
    """Return the counts up to each time, from 0 on, in each run."""
    each = chance.poisson(np.maximum(0.0, means) * doubt)
    return np.concatenate([np.zeros((_RUNS, 1)), np.cumsum(each, axis=1)], axis=1)


def _doubt(chance: np.random.Generator, seen: int) -> Counts:
    """Return by how much the true rate may differ from the one seen, a factor for each run (Jeffreys' prior)."""
    return chance.gamma(seen + 0.5, 1 / seen, (_RUNS, 1)) if seen else np.ones((_RUNS, 1))

"""Two policies over the same items, page by page: what each does, which items go another way, and how wrong it would have been.

How wrong is a matter of the calibration sample: its items were drawn before any routing, so that those among them that a policy accepts
stand for all that it accepts. What people happened to review does not; it is weighed by one over its chance of being looked at.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.domain.columns import AUTO_ACCEPT, NO_LABEL, BoolColumn, ByteColumn, Columns, FloatColumn
from routing.domain.estimate import Estimate, sample_estimate, weighted_estimate
from routing.domain.flips import Flips, joined_flips, way_of

# What people said of an item: nothing; the machine was right; it was wrong; they said otherwise, and nobody has adjudicated
# yet; they answered where the machine had no label; it was withdrawn before anybody could know.
NO_ANSWER, SAME, OTHER, DISPUTED, ALONE, GONE = range(6)

_KINDS = 3
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """Items with what people said of them: `answer` by the names above; `drawn` for the sample, with `probability`."""

    columns: Columns
    answer: ByteColumn
    drawn: BoolColumn
    probability: FloatColumn

    def take(self, which: BoolColumn) -> "Looked":
        """Return the items for which the mask is true."""
        return Looked(self.columns.take(which), self.answer[which], self.drawn[which], self.probability[which])


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """How much of what a policy accepts is wrong, with a two-sided interval at 95 %.

    `wrong` of the `n` answered items of the sample; `open` more of its items have no answer. A disagreement that waits for adjudication
    counts as wrong, and so does an item that was withdrawn. Rates are None where nothing was answered. `method`: `sample` (exact) or
    `weighted` (the share drawn has changed: approximate).
    """

    rate: float | None
    lower: float | None
    upper: float | None
    n: int
    wrong: int
    open: int
    method: str


@dataclass(slots=True)
class _Side:
    """What one policy accepted, among the items that people have looked at."""

    wrong: list[BoolColumn] = field(default_factory=list)
    chance: list[FloatColumn] = field(default_factory=list)
    all_wrong: list[BoolColumn] = field(default_factory=list)
    all_chance: list[FloatColumn] = field(default_factory=list)
    open: int = 0
    by_label: Counts = field(default_factory=lambda: np.zeros((1, 2), dtype=np.int64))


class Comparison:
    """The sums over all pages so far. Places of labels and segments must mean the same on every page."""

    def __init__(self) -> None:
        # Items by label (the first row: none) or segment, by where they went and where they would go.
        self.labels: Counts = np.zeros((1, _KINDS, _KINDS), dtype=np.int64)
        self.segments: Counts = np.zeros((0, _KINDS, _KINDS), dtype=np.int64)
        # Newly automatic ones that people have answered, by label: the same, otherwise.
        self.known: Counts = np.zeros((1, 2), dtype=np.int64)
        self.unknown_fields = 0
        self.first_at = np.inf
        self.last_at = -np.inf
        self._before, self._after = _Side(), _Side()
        self._flips: list[Flips] = []

    @property
    def items(self) -> int:
        """How many items were compared."""
        return int(self.labels.sum())

    @property
    def ways(self) -> Counts:
        """Items by where they went (rows) and where they would go (columns), as in DISPOSITIONS."""
        total: Counts = self.labels.sum(axis=0)
        return total

    @property
    def flips(self) -> Flips:
        """The items that go another way."""
        return joined_flips(self._flips)

    def add(
        self,
        looked: Looked,
        before: ByteColumn,
        after: ByteColumn,
        *,
        unknown: BoolColumn,
        tells: BoolColumn | None = None,
    ) -> None:
        """Count a page: where each item went, where it would go, and for which the draft asks what nobody wrote down.

        `tells` are the items whose answers say how wrong the model is (None: all): those of days on which few are open.
        """
        columns = looked.columns
        if not len(columns):
            return
        way = way_of(before, after)
        self.labels = _grown(self.labels, _counted(_rows(columns.label), way, len(columns.labels) + 1))
        self.segments = _grown(self.segments, _counted(columns.segment, way, len(columns.segments)))
        newly = (after == AUTO_ACCEPT) & (before != AUTO_ACCEPT) & ~np.isin(looked.answer, (NO_ANSWER, GONE))
        is_other = looked.answer[newly] != SAME
        self.known = _grown(self.known, _pairs(_rows(columns.label[newly]), is_other, len(columns.labels) + 1))
        self.unknown_fields += int(unknown.sum())
        self.first_at = min(self.first_at, float(columns.at.min()))
        self.last_at = max(self.last_at, float(columns.at.max()))
        if tells is None:
            tells = np.ones(len(columns), dtype=np.bool_)
        _look(self._before, looked, before == AUTO_ACCEPT, tells)
        _look(self._after, looked, after == AUTO_ACCEPT, tells)
        turned = before != after
        self._flips.append(
            Flips(
                columns.ids[turned],
                way[turned],
                columns.label[turned],
                columns.segment[turned],
                looked.answer[turned],
            ),
        )

    def errors(self) -> tuple[ErrorRate, ErrorRate]:
        """Return how wrong each policy's acceptances are, by the sample."""
        return _error(self._before), _error(self._after)

    def weighted(self) -> tuple[Estimate | None, Estimate | None]:
        """Return the same by all answers whose chance of being looked at is known, each by one over it; for display."""
        return _weighted(self._before), _weighted(self._after)

    def errors_by_label(self) -> Counts:
        """Return right and wrong answers of the sample on what the draft accepts, by label (the first row: none)."""
        return self._after.by_label


def _look(side: _Side, looked: Looked, accepted: BoolColumn, tells: BoolColumn) -> None:
    """Note what people said of the items that one policy accepts."""
    sampled = accepted & looked.drawn
    side.open += int((sampled & (looked.answer == NO_ANSWER)).sum())
    is_answered = (looked.answer != NO_ANSWER) & tells
    wrong = np.isin(looked.answer, (OTHER, DISPUTED, GONE))
    answered = sampled & is_answered
    side.wrong.append(wrong[answered])
    side.chance.append(looked.probability[answered])
    label = looked.columns.label
    pairs = _pairs(_rows(label[answered]), wrong[answered], len(looked.columns.labels) + 1)
    side.by_label = _grown(side.by_label, pairs)
    # What went to people was sure to be looked at, drawn or not. What was accepted and not drawn came to people by nobody knows what
    # chance, where they have amended it.
    was_accepted = looked.columns.disposition == AUTO_ACCEPT
    chance = np.where(was_accepted, np.where(looked.drawn, looked.probability, np.nan), 1.0)
    known = accepted & is_answered & (looked.answer != GONE) & (chance > 0)
    side.all_wrong.append(wrong[known])
    side.all_chance.append(chance[known])


def _error(side: _Side) -> ErrorRate:
    wrong, chance = _together(side.wrong, np.bool_), _together(side.chance, np.float64)
    count, n = int(wrong.sum()), len(wrong)
    is_uniform = n == 0 or bool(np.all(chance == chance[0])) or not bool(np.all(chance > 0))
    estimate = sample_estimate(count, n) if is_uniform else weighted_estimate(wrong, chance)
    return ErrorRate(
        rate=estimate.mean if estimate else None,
        lower=estimate.low if estimate else None,
        upper=estimate.high if estimate else None,
        n=n,
        wrong=count,
        open=side.open,
        method="sample" if is_uniform else "weighted",
    )


def _weighted(side: _Side) -> Estimate | None:
    return weighted_estimate(_together(side.all_wrong, np.bool_), _together(side.all_chance, np.float64))


def _together(parts: list[NDArray[Any]], kind: type[Any]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=kind), *parts]).astype(kind)


def _rows(label: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rows of labels: the first is for none, so that new labels come behind all others."""
    return label.astype(np.int64) - NO_LABEL


def _counted(row: NDArray[Any], way: ByteColumn, size: int) -> Counts:
    flat = np.bincount(row.astype(np.int64) * _KINDS**2 + way, minlength=size * _KINDS**2)
    return flat.reshape(-1, _KINDS, _KINDS).astype(np.int64)


def _pairs(row: NDArray[np.int64], which: BoolColumn, size: int) -> Counts:
    """Return for each row how often it is not so, and how often it is."""
    return np.bincount(row * 2 + which, minlength=size * 2).reshape(-1, 2).astype(np.int64)


def _grown(total: Counts, addition: Counts) -> Counts:
    """Return the sum; rows that are new with this page count from nought."""
    more = [(0, len(addition) - len(total))] + [(0, 0)] * (total.ndim - 1)
    grown: Counts = np.pad(total, more) + addition
    return grown

"""What a replay found, as it is stored in `Replay.result` and shown.

items                      items compared; each by its last routing in the period
base, draft                {auto, review, escalate}: items by where they go
error_before, error_after  {rate, lower, upper, n, wrong, open, method}: of what is accepted, by the calibration sample (see
                           routing.domain.comparison.ErrorRate); rate and bounds are null where no sample answer tells
weighted_before, _after    {rate, lower, upper, n, effective_n} by all answers of known probability, or null; for display
items_a_day                what a day is reckoned with: the owner's assumption, else what the period had
reviews_per_day, escalated_per_day, hours    {before, after}; reviews include those of the sample
cost                       {currency, expected: {before, after}, worst: {before, after}} a day; null where no answer tells the error
to_auto, to_people, to_escalate    items that go another way, by where the draft sends them
to_auto_known              {same, other}: human answers on the newly automatic ones, beside the machine's
by_label, by_segment       [{label | segment, items, auto_before, auto_after, to_auto, to_people, to_escalate, ...}], most flips first;
                           by label also known {same, other} as above and error_after {n, wrong, upper}
unknown_fields             {items, fields}: for so many it is unknown whether a field that the draft asks for was missing
flips_kept                 how many of the flips are listed, the newest
models                     [{model_version, items}] that scored the items, most first
labels, segments           what the places in the flips mean
left_out                   items that are in no figure, because somebody may still be asked about them without suggestion
open_days                  days whose sample is not settled: their answers tell no error
seconds                    how long it took
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from routing.domain.bounds import cp_upper
from routing.domain.columns import AUTO_ACCEPT, ESCALATE, REVIEW
from routing.domain.comparison import Comparison, ErrorRate
from routing.domain.cost import Assumptions, Consequences, consequences
from routing.domain.estimate import Estimate
from routing.domain.flips import MOST_KEPT
from routing.selectors.assumptions import StoredAssumptions

_DAY_S = 86_400.0
_TAIL = 0.025
_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Ground:
    """What the figures are reckoned with beside the items themselves."""

    stored: StoredAssumptions
    human_error: float
    sample_rate: float
    fields: tuple[str, ...]


def result_of(
    comparison: Comparison,
    *,
    ground: Ground,
    labels: Sequence[str],
    segments: Sequence[str],
    models: Sequence[tuple[UUID | None, int]],
) -> dict[str, Any]:
    """Return the figures of a comparison that has seen all items."""
    ways = comparison.ways
    before, after = comparison.errors()
    weighted_before, weighted_after = comparison.weighted()
    flips = _turned(ways)
    known = comparison.known.sum(axis=0)
    return {
        "items": comparison.items,
        "base": _named(ways.sum(axis=1)),
        "draft": _named(ways.sum(axis=0)),
        "error_before": _error(before),
        "error_after": _error(after),
        "weighted_before": _estimate(weighted_before),
        "weighted_after": _estimate(weighted_after),
        **_days(comparison, ground, before, after),
        **flips,
        "to_auto_known": {"same": int(known[0]), "other": int(known[1])},
        "by_label": _by_label(comparison, labels),
        "by_segment": _rows("segment", list(segments), _as_long(comparison.segments, len(segments))),
        "unknown_fields": {"items": comparison.unknown_fields, "fields": list(ground.fields)},
        "flips_kept": min(MOST_KEPT, sum(flips.values())),
        "models": [{"model_version": None if one is None else str(one), "items": count} for one, count in models],
        "labels": list(labels),
        "segments": list(segments),
    }


def _named(counts: NDArray[np.int64]) -> dict[str, int]:
    return {"auto": int(counts[AUTO_ACCEPT]), "review": int(counts[REVIEW]), "escalate": int(counts[ESCALATE])}


def _turned(ways: NDArray[np.int64]) -> dict[str, int]:
    """Return how many items go another way, by where to."""
    arrived = ways.sum(axis=0) - ways.diagonal()
    return {
        "to_auto": int(arrived[AUTO_ACCEPT]),
        "to_people": int(arrived[REVIEW]),
        "to_escalate": int(arrived[ESCALATE]),
    }


def _error(error: ErrorRate) -> dict[str, Any]:
    return {
        "rate": error.rate,
        "lower": error.lower,
        "upper": error.upper,
        "n": error.n,
        "wrong": error.wrong,
        "open": error.open,
        "method": error.method,
    }


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "rate": found.mean,
        "lower": found.low,
        "upper": found.high,
        "n": found.n,
        "effective_n": round(found.effective_n, 1),
    }


def _days(comparison: Comparison, ground: Ground, before: ErrorRate, after: ErrorRate) -> dict[str, Any]:
    """Return what a day comes to, before and after."""
    items = comparison.items
    span_s = max(_DAY_S, comparison.last_at - comparison.first_at) if items else _DAY_S
    a_day = ground.stored.items_a_day if ground.stored.items_a_day is not None else items * _DAY_S / span_s
    assumptions = Assumptions(
        review_cost=ground.stored.review_cost,
        wrong_cost=ground.stored.wrong_cost,
        review_minutes=ground.stored.review_minutes,
        items_a_day=float(a_day),
        sample_rate=ground.sample_rate,
        human_error=ground.human_error,
    )
    ways = comparison.ways
    sides = [(ways.sum(axis=1), before), (ways.sum(axis=0), after)]
    days = [_day(assumptions, counts, items, error) for counts, error in sides]
    is_known = [error.rate is not None or not counts[AUTO_ACCEPT] for counts, error in sides]
    escalated = [float(a_day) * int(counts[ESCALATE]) / items if items else 0.0 for counts, _error_rate in sides]
    expected = [day.expected_cost if known else None for day, known in zip(days, is_known, strict=True)]
    worst = [day.worst_cost if known else None for day, known in zip(days, is_known, strict=True)]
    return {
        "items_a_day": float(a_day),
        "reviews_per_day": _both([day.reviews for day in days]),
        "escalated_per_day": _both(escalated),
        "hours": _both([day.review_hours for day in days]),
        "cost": {"currency": ground.stored.currency, "expected": _both(expected), "worst": _both(worst)},
    }


def _day(assumptions: Assumptions, counts: NDArray[np.int64], items: int, error: ErrorRate) -> Consequences:
    share = int(counts[AUTO_ACCEPT]) / items if items else 0.0
    return consequences(assumptions, automatic_share=share, risk=error.rate or 0.0, worst_risk=error.upper or 0.0)


def _both(values: Sequence[float | None]) -> dict[str, float | None]:
    before, after = values
    return {"before": before, "after": after}


def _by_label(comparison: Comparison, labels: Sequence[str]) -> list[dict[str, Any]]:
    # The first row is of the items without a label, and labels that no answered item had have no row.
    known = _as_long(comparison.known, len(labels) + 1)
    errors = _as_long(comparison.errors_by_label(), len(labels) + 1)
    more = [
        {
            "known": {"same": int(same), "other": int(other)},
            "error_after": {
                "n": int(right + wrong),
                "wrong": int(wrong),
                "upper": cp_upper(int(wrong), int(right + wrong), _TAIL) if right + wrong else None,
            },
        }
        for (same, other), (right, wrong) in zip(known.tolist(), errors.tolist(), strict=True)
    ]
    rows = _rows("label", [None, *labels], _as_long(comparison.labels, len(labels) + 1), more)
    return [row for row in rows if row["label"] is not None or row["items"]]


def _as_long(counts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.pad(counts, [(0, size - len(counts))] + [(0, 0)] * (counts.ndim - 1))


def _rows(
    name: str,
    names: Sequence[str | None],
    counts: NDArray[np.int64],
    more: Sequence[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Return a row for each label or segment, those with most flips first."""
    rows = [
        {
            name: names[place],
            "items": int(ways.sum()),
            "auto_before": int(ways[AUTO_ACCEPT].sum()),
            "auto_after": int(ways[:, AUTO_ACCEPT].sum()),
            **_turned(ways),
            **(more[place] if more else {}),
        }
        for place, ways in enumerate(counts)
    ]
    rows.sort(
        key=lambda row: (-(row["to_auto"] + row["to_people"] + row["to_escalate"]), -row["items"], row[name] or "")
    )
    return rows[:_MOST_ROWS]

"""The calibration sample: what was drawn, what people answered blind, and whether the model was wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from governance.statements import fetch
from routing.domain.cohorts import Cohort
from routing.domain.columns import Columns, Scored, columns_of
from routing.domain.thinning import thinned

# Drawn items by their last live routing: one that was given to the model again counts once, where it went in the end.
_SAMPLE_SQL = """
SELECT d.id, d.occurred_at, d.label, d.confidence, d.value, d.segment, d.flags, d.missing, d.disposition, d.draw_probability,
       o.item_id IS NOT NULL AS answered, o.closed_at IS NOT NULL AS closed, coalesce(o.wrong, true) AS wrong
  FROM routing_routingdecision d
  LEFT JOIN routing_observation o ON o.item_id = d.item_id AND o.source = 'calibration'
 WHERE d.workflow_id = %(workflow)s::uuid AND d.drawn AND d.mode = 'live' AND d.model_version_id = %(model_version)s::uuid
   AND d.occurred_at >= %(since)s::timestamptz AND d.occurred_at < %(until)s::timestamptz
   AND NOT EXISTS (SELECT FROM routing_routingdecision n
                    WHERE n.item_id = d.item_id AND n.mode = 'live' AND n.attempt > d.attempt)
 ORDER BY d.id"""

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Drawn items in the order of draw, one entry an item in every array.

    `day` is the UTC day of routing; `answered`: somebody said something, or the item was withdrawn; `closed`: nothing more is to
    come, because the answer agrees with the model's or was adjudicated; `wrong`: the model was, or nobody knows yet;
    `probability` is the share of all items that was drawn at the time.
    """

    columns: Columns
    day: NDArray[np.datetime64]
    answered: Booleans
    closed: Booleans
    wrong: Booleans
    probability: NDArray[np.float64]

    @property
    def size(self) -> int:
        """How many items were drawn."""
        return len(self.day)

    @property
    def days(self) -> list[date]:
        """The day of each item."""
        found: list[date] = self.day.astype(object).tolist()
        return found

    def cohorts(self) -> list[Cohort]:
        """Return the days with how many were drawn and how many are still open, in order."""
        drawn, unanswered = Counter(self.days), Counter(self.day[~self.answered].astype(object).tolist())
        unadjudicated = Counter(self.day[self.answered & ~self.closed].astype(object).tolist())
        return [Cohort(day, drawn[day], unanswered[day], unadjudicated[day]) for day in sorted(drawn)]

    def within(self, days: Sequence[date]) -> Booleans:
        """Return which items were drawn on one of the days."""
        return np.isin(self.day, np.array(list(days), dtype="datetime64[D]"))

    def uniform(self, which: Booleans, *, workflow_id: UUID) -> Booleans:
        """Return those of them that stay where the share drawn has changed: each day then stands for as much as it had items.

        Certificate, preview and whatever else rests on the answers of these items leave out the same ones.
        """
        stays = which.copy()
        stays[which] = thinned(self.columns.ids[which], self.probability[which], seed=str(workflow_id))
        return stays


def sample(
    workflow_id: UUID, *, model_version_id: UUID | None, since: datetime | None = None, until: datetime | None = None
) -> Sample:
    """Return the sample of one model version, routed in [since, until); one statement."""
    rows = fetch(
        _SAMPLE_SQL,
        {
            "workflow": workflow_id,
            "model_version": model_version_id,
            "since": since or _EVER,
            "until": until or _NEVER,
        },
    )
    days = [row["occurred_at"].astimezone(UTC).date() for row in rows]
    return Sample(
        columns=columns_of([_scored(row) for row in rows]),
        day=np.array(days, dtype="datetime64[D]"),
        answered=_flags(rows, "answered"),
        closed=_flags(rows, "closed"),
        wrong=_flags(rows, "wrong"),
        probability=np.array([row["draw_probability"] for row in rows], dtype=np.float64),
    )


def _scored(row: dict[str, Any]) -> Scored:
    facts = {name: row[name] for name in ("id", "label", "confidence", "value", "segment", "disposition")}
    missing = None if row["missing"] is None else tuple(row["missing"])
    return Scored(**facts, at=row["occurred_at"].timestamp(), flags=tuple(row["flags"]), missing=missing)


def _flags(rows: list[dict[str, Any]], name: str) -> Booleans:
    return np.array([row[name] for row in rows], dtype=np.bool_)

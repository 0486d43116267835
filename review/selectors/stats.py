"""An owner's figures of a workflow over a period: four statements, each bounded by the period."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.statements import fetch, fetch_one
from review.selectors.stats_sql import ANSWERS_SQL, ROUTED_SQL, SAMPLE_SQL, WAITING_SQL

AUTO_ACCEPT, ESCALATE = "auto_accept", "escalate"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open span of time, and whether its parts are days or hours."""

    since: datetime
    until: datetime
    unit: str = "day"

    def parts(self) -> list[datetime]:
        """Return the beginnings of its days or hours in the present time zone."""
        at = timezone.localtime(self.since).replace(minute=0, second=0, microsecond=0)
        step = timedelta(hours=1)
        if self.unit == "day":
            at, step = at.replace(hour=0), _DAY
        found = []
        while at < self.until:
            found.append(at)
            at = timezone.make_aware((at + step).replace(tzinfo=None)) if self.unit == "day" else at + step
        return found


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its basis; the share is none where there is no basis."""

    k: int = 0
    n: int = 0

    @property
    def rate(self) -> float | None:
        """Return k of n."""
        return self.k / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Part:
    """A day or an hour: items decided automatically and sent to people, and what people decided."""

    at: datetime
    automatic: int
    people: int
    decisions: int

    @property
    def date(self) -> date:
        """Return the day."""
        return self.at.date()


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many items went to people for a reason, and their share of those that did."""

    code: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class WorkflowStats:
    """The figures of the owner's page."""

    items: int
    automatic: int
    people: int
    escalated: int
    overturns: Rate
    overturn_shown: Rate
    overturn_blind: Rate
    decisions: int
    median_active_ms: float | None
    drawn: int
    calibration_n: int
    calibration_differing: int
    calibration_wrong: int
    received: int
    lag_s: float | None
    days: list[Part]
    reasons: list[ReasonCount]

    @property
    def coverage(self) -> float | None:
        """Return the share of routed items that were decided automatically."""
        return self.automatic / self.items if self.items else None

    @property
    def coverage_days(self) -> list[float]:
        """Return the coverage of each part of the period in which something was routed."""
        return [part.automatic / total for part in self.days if (total := part.automatic + part.people)]

    @property
    def decisions_days(self) -> list[int]:
        """Return how much people decided in each part of the period."""
        return [part.decisions for part in self.days]

    @property
    def overturned(self) -> int:
        """Return how often people answered otherwise than the machine, shown or blind."""
        return self.overturns.k

    @property
    def overturn_n(self) -> int:
        """Return how many answers there were to items on which the machine had an answer too."""
        return self.overturns.n

    @property
    def overturn_rate(self) -> float | None:
        """Return the share of those in which people answered otherwise."""
        return self.overturns.rate


@dataclass(frozen=True, slots=True)
class Summary:
    """A workflow's line in the list."""

    items: int = 0
    automatic: int = 0
    overturns: Rate = Rate()

    @property
    def coverage(self) -> float | None:
        """Return the share of routed items that were decided automatically."""
        return self.automatic / self.items if self.items else None


def workflow_stats(workflow_id: UUID, period: Period) -> WorkflowStats:
    """Return the figures of one workflow over a period."""
    parameters = _parameters([workflow_id], period)
    routed, answers = fetch(ROUTED_SQL, parameters), fetch(ANSWERS_SQL, parameters)
    sample = fetch_one(SAMPLE_SQL, {"workflow": workflow_id, "since": period.since, "until": period.until}) or {}
    waiting = fetch_one(WAITING_SQL, {"workflow": workflow_id}) or {}
    by_disposition: Counter[str] = Counter()
    by_reason: Counter[str] = Counter()
    for row in routed:
        by_disposition[row["disposition"]] += row["items"]
        if row["disposition"] != AUTO_ACCEPT:
            by_reason[row["reason_code"]] += row["items"]
    items, automatic = by_disposition.total(), by_disposition[AUTO_ACCEPT]
    whole = next((row for row in answers if row["at"] is None and row["seen"] is None), None)
    return WorkflowStats(
        items=items,
        automatic=automatic,
        people=items - automatic,
        escalated=by_disposition[ESCALATE],
        overturns=_overturns(answers, "shown", "blind"),
        overturn_shown=_overturns(answers, "shown"),
        overturn_blind=_overturns(answers, "blind"),
        decisions=whole["decisions"] if whole else 0,
        median_active_ms=whole["median_active_ms"] if whole else None,
        drawn=sum(row["drawn"] for row in routed),
        calibration_n=sample["answered"],
        calibration_differing=sample["differing"],
        calibration_wrong=sample["wrong"],
        received=waiting["received"],
        lag_s=waiting["lag_s"],
        days=_parts(period, routed, answers),
        reasons=[ReasonCount(code, count, count / by_reason.total()) for code, count in by_reason.most_common()],
    )


def summaries(workflow_ids: Sequence[UUID], period: Period) -> dict[UUID, Summary]:
    """Return every workflow's line over a period; two statements for all of them."""
    parameters = _parameters(workflow_ids, period)
    routed, answers = fetch(ROUTED_SQL, parameters), fetch(ANSWERS_SQL, parameters)
    found = {}
    for workflow_id in workflow_ids:
        own = [row for row in routed if row["workflow_id"] == workflow_id]
        found[workflow_id] = Summary(
            items=sum(row["items"] for row in own),
            automatic=sum(row["items"] for row in own if row["disposition"] == AUTO_ACCEPT),
            overturns=_overturns([row for row in answers if row["workflow_id"] == workflow_id], "shown", "blind"),
        )
    return found


def _parameters(workflow_ids: Sequence[UUID], period: Period) -> dict[str, Any]:
    return {
        "workflows": list(workflow_ids),
        "since": period.since,
        "until": period.until,
        "unit": period.unit,
        "zone": timezone.get_current_timezone_name(),
    }


def _overturns(answers: Sequence[dict[str, Any]], *seen: str) -> Rate:
    chosen = [row for row in answers if row["seen"] in seen]
    return Rate(sum(row["overturned"] for row in chosen), sum(row["decisions"] for row in chosen))


def _parts(period: Period, routed: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> list[Part]:
    automatic: Counter[datetime] = Counter()
    people: Counter[datetime] = Counter()
    for row in routed:
        (automatic if row["disposition"] == AUTO_ACCEPT else people)[row["at"]] += row["items"]
    decisions = {row["at"]: row["decisions"] for row in answers if row["at"] is not None}
    return [Part(at, automatic[at], people[at], decisions.get(at, 0)) for at in period.parts()]

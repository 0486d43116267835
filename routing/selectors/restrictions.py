"""Running limits on automation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from routing.domain.policy import Restriction as PolicyRestriction
from routing.models import Restriction


@dataclass(frozen=True, slots=True)
class Limit:
    """A running restriction as people are told of it."""

    cause: str
    segment: str
    value_above: float | None
    effect: str
    min_threshold: float | None
    reason: str
    since: datetime


def running_restrictions(workflow_id: UUID) -> list[PolicyRestriction]:
    """Return the restrictions of a workflow that nobody has lifted."""
    rows = Restriction.objects.filter(workflow_id=workflow_id, lifted_at__isnull=True)
    return [
        PolicyRestriction(
            effect=row.effect,
            cause=row.cause,
            min_threshold=row.min_threshold,
            segment=row.segment,
            value_above=row.value_above,
        )
        for row in rows
    ]


def running_limits(workflow_id: UUID) -> list[Limit]:
    """Return the same with reason and beginning, for a page; the oldest first."""
    rows = Restriction.objects.filter(workflow_id=workflow_id, lifted_at__isnull=True).order_by("since")
    return [
        Limit(
            cause=row.cause,
            segment=row.segment,
            value_above=row.value_above,
            effect=row.effect,
            min_threshold=row.min_threshold,
            reason=row.reason,
            since=row.since,
        )
        for row in rows
    ]

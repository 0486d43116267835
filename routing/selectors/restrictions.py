"""Running limits on automation."""

from uuid import UUID

from routing.domain.policy import Restriction as PolicyRestriction
from routing.models import Restriction


def running_restrictions(workflow_id: UUID) -> list[PolicyRestriction]:
    """Return the restrictions of a workflow that nobody has lifted."""
    rows = Restriction.objects.filter(workflow_id=workflow_id, lifted_at__isnull=True)
    return [
        PolicyRestriction(effect=row.effect, cause=row.cause, segment=row.segment, min_threshold=row.min_threshold)
        for row in rows
    ]

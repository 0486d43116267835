"""What an owner reckons with, as stored; the usual values where nothing is."""

from dataclasses import dataclass
from uuid import UUID

from routing.models import Assumptions


@dataclass(frozen=True, slots=True)
class StoredAssumptions:
    """Money of one currency, minutes; `items_a_day` and `human_error` are None where what was measured is to be taken."""

    currency: str
    review_cost: float
    wrong_cost: float
    review_minutes: float
    items_a_day: int | None
    human_error: float | None


def stored_assumptions(workflow_id: UUID) -> StoredAssumptions:
    """Return the workflow's assumptions; one statement."""
    return _facts(Assumptions.objects.filter(workflow_id=workflow_id).first() or Assumptions())


def usual_assumptions() -> StoredAssumptions:
    """Return what is reckoned with where an owner has said nothing."""
    return _facts(Assumptions())


def _facts(row: Assumptions) -> StoredAssumptions:
    return StoredAssumptions(
        currency=row.currency,
        review_cost=row.review_cost,
        wrong_cost=row.wrong_cost,
        review_minutes=row.review_minutes,
        items_a_day=row.items_a_day,
        human_error=row.human_error,
    )

"""What frames the tuner's figures: the days looked at, the window that is open, and the number of the next policy version."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db.models import Max

from routing.models import PolicyVersion, SampleWindow, WindowState

USUAL_DAYS = 28
FARTHEST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, both inclusive; `is_chosen` where somebody asked for them."""

    first: date
    last: date
    is_chosen: bool = False

    @property
    def since(self) -> datetime:
        """When the first day begins."""
        return datetime.combine(self.first, datetime.min.time(), tzinfo=UTC)

    @property
    def until(self) -> datetime:
        """When the last day is over."""
        return datetime.combine(self.last + timedelta(days=1), datetime.min.time(), tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """The window whose answers are being collected."""

    number: int
    first_day: date
    last_day: date
    target: float
    delta: float
    attempt: int


def open_window(workflow_id: UUID) -> OpenWindow | None:
    """Return the window that is open now, the first of them where there are more."""
    row = SampleWindow.objects.filter(workflow_id=workflow_id, state=WindowState.OPEN).order_by("number").first()
    if row is None:
        return None
    return OpenWindow(row.number, row.first_day, row.last_day, row.target, row.delta, row.attempt)


def next_number(workflow_id: UUID) -> int:
    """Return the number that the next version of the workflow's policies will have."""
    numbers = PolicyVersion.objects.filter(policy__workflow_id=workflow_id).aggregate(last=Max("number"))
    return (numbers["last"] or 0) + 1

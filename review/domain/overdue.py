"""Whether reviews will be late under another threshold: a pure function over what the lead's board knows."""

from dataclasses import dataclass

from review.domain.forecast import Forecast, Outlook, forecast


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """A workflow's queues at this moment, together; the pace is None where nothing was decided lately."""

    depth: int
    overdue: int
    due_soon: int
    arrivals_per_h: float
    per_person_h: float | None
    people: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """When the queues are clear, and how many reviews are late an hour from now; `is_assumed`: nobody's pace was measured."""

    forecast: Forecast
    late: int
    is_assumed: bool


def overdue(load: QueueLoad, *, reviews_a_day: float, reviews_now: float, minutes: float) -> Overdue:
    """Return the outlook if `reviews_a_day` came instead of `reviews_now`; `minutes` a review stand in where no pace is measured.

    What came in the last hour is scaled by how the two compare; where nothing came, a day's reviews are spread over it.
    """
    scale = reviews_a_day / reviews_now if reviews_now > 0 else 0.0
    arrivals = load.arrivals_per_h * scale if load.arrivals_per_h and scale else reviews_a_day / 24
    is_assumed = not load.per_person_h
    pace = load.per_person_h or (60 / minutes if minutes > 0 else None)
    outlook = forecast(depth=load.depth, arrivals_per_h=arrivals, per_person_h=pace, people=load.people)
    done = (pace or 0) * load.people
    late = max(0, round(load.overdue + load.due_soon - done))
    return Overdue(outlook, 0 if outlook.outlook is Outlook.CLEAR else late, is_assumed)

"""Whether reviews will be late under another threshold: a pure function over what the lead's board knows."""

from dataclasses import dataclass

from review.domain.forecast import Forecast, forecast
from review.domain.lateness import Range, Waiting, overdue_at_worst


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """A workflow's queues at this moment, together; the pace is None where nothing was decided lately.

    `arrived` and `decided` are counts of the last hour.
    """

    depth: int
    waiting: Waiting
    arrived: int
    decided: int
    per_person_h: float | None
    people: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """When the queues are clear, and how many reviews are late at the worst moment; `is_assumed`: nobody's pace was measured.

    `late` is the range for what is asked about, `late_now` for what is in force; None where nobody is at work or nobody's pace is known.
    """

    forecast: Forecast
    late: Range | None
    late_now: Range | None
    is_assumed: bool


def overdue(load: QueueLoad, *, reviews_a_day: float, reviews_now: float, minutes: float) -> Overdue:
    """Return the outlook if `reviews_a_day` came instead of `reviews_now`; `minutes` a review stand in where no pace is measured.

    What came in the last hour is scaled by how the two compare; where nothing came, a day's reviews are spread over it.
    """
    is_seen = load.arrived > 0 and reviews_now > 0
    now = float(load.arrived) if is_seen else reviews_now / 24
    arrivals = now * reviews_a_day / reviews_now if is_seen else reviews_a_day / 24
    is_assumed = not load.per_person_h
    pace = load.per_person_h or (60 / minutes if minutes > 0 else None)
    outlook = forecast(depth=load.depth, arrivals_per_h=arrivals, per_person_h=pace, people=load.people)
    late: list[Range] | list[None] = [None, None]
    if load.people and pace:
        late = overdue_at_worst(
            load.waiting,
            (arrivals, now),
            seen=load.arrived if is_seen else 0,
            done_per_h=pace * load.people,
            done=0 if is_assumed else load.decided,
        )
    return Overdue(outlook, late[0], late[1], is_assumed)

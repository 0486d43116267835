"""When a queue will be clear, from what comes, what goes and who is there: a pure function."""

import math
from dataclasses import dataclass
from enum import StrEnum

# Farther away than this a time says nothing: the pace of an hour does not last for weeks.
FARTHEST_H = 14 * 24
MOST_PEOPLE = 1000


class Outlook(StrEnum):
    """What can be said of a queue's end."""

    CLEAR = "clear"
    CLEAR_BY = "clear_by"
    NOT_AT_THIS_PACE = "not_at_this_pace"
    NOBODY = "nobody"
    NO_PACE = "no_pace"


@dataclass(frozen=True, slots=True)
class Forecast:
    """An outlook; `hours` from now where there is an end, `needed` people who would bring it about where there is none."""

    outlook: Outlook
    people: int
    hours: float | None = None
    needed: int | None = None


def pace_of(*, decided: int, slots: int, slot_s: float, median_active_ms: float | None) -> float | None:
    """Return decisions per person and hour; none where nothing was decided.

    `slots` are the (person, slot) pairs in which somebody decided something, so that a person who came late does not count
    as one who was slow. Where the hour holds nothing the median active time stands in, which knows no pauses.
    """
    if decided > 0 and slots > 0:
        return decided * 3600 / (slots * slot_s)
    if median_active_ms:
        return 3_600_000 / median_active_ms
    return None


def forecast(*, depth: int, arrivals_per_h: float, per_person_h: float | None, people: int) -> Forecast:
    """Return when `depth` reviews are gone while `arrivals_per_h` come and each person does `per_person_h`."""
    if depth <= 0:
        return Forecast(Outlook.CLEAR, people, hours=0.0)
    if not per_person_h or per_person_h < 0:
        return Forecast(Outlook.NO_PACE, people)
    least_net = depth / FARTHEST_H
    if people > 0 and _net(people, per_person_h, arrivals_per_h) >= least_net:
        return Forecast(Outlook.CLEAR_BY, people, hours=depth / _net(people, per_person_h, arrivals_per_h))
    needed = _needed(per_person_h, arrivals_per_h, least_net)
    return Forecast(Outlook.NOT_AT_THIS_PACE if people > 0 else Outlook.NOBODY, people, needed=needed)


def _net(people: int, per_person_h: float, arrivals_per_h: float) -> float:
    return people * per_person_h - arrivals_per_h


def _needed(per_person_h: float, arrivals_per_h: float, least_net: float) -> int | None:
    """Return the fewest people with whom the queue ends; none where that is more than anybody employs."""
    share = (arrivals_per_h + least_net) / per_person_h
    if share > MOST_PEOPLE:
        return None
    count = max(1, math.ceil(share))
    # Rounding may be off by one on either side.
    if count > 1 and _net(count - 1, per_person_h, arrivals_per_h) >= least_net:
        return count - 1
    return count if _net(count, per_person_h, arrivals_per_h) >= least_net else count + 1

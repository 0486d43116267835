"""Which days' samples are complete, so that hard items cannot be left out of a certificate or of the live bound."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from routing.domain.bounds import check_share

# What may stay open of a cohort, as a part of the target.
_OPEN_PART = 0.1


@dataclass(frozen=True, slots=True)
class Cohort:
    """The items drawn on one day: how many, how many have no answer, how many an answer that is still to be adjudicated.

    ValueError on construction: negative counts, or more open items than drawn ones.
    """

    day: date
    drawn: int
    unanswered: int = 0
    unadjudicated: int = 0

    def __post_init__(self) -> None:
        if min(self.drawn, self.unanswered, self.unadjudicated) < 0 or self.open > self.drawn:
            raise ValueError(f"Of {self.drawn} items drawn on {self.day}, {self.open} cannot be open.")

    @property
    def open(self) -> int:
        """How many are not settled: neither answered and agreed nor adjudicated."""
        return self.unanswered + self.unadjudicated


@dataclass(frozen=True, slots=True)
class Closed:
    """The days from the first to `until` (inclusive) are complete; None where not even the first is.

    `held_by` is the oldest open day, None where none is; `open_count_wrong` is how many items stay open in the closed days: each counts as
    a wrong answer. `later` are days that are complete but lie behind the open one, and so do not count yet.
    """

    until: date | None
    days: tuple[date, ...]
    open_count_wrong: int
    held_by: date | None
    later: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """An item of the sample in the live bound: its day, and whether it is wrong; None while nobody has answered.

    A disagreement with the model that waits for adjudication is given as wrong.
    """

    day: date
    wrong: bool | None


def is_closed(cohort: Cohort, *, target: float, today: date) -> bool:
    """Tell whether the day is over and all its items are settled, or at most a tenth of the target of them is open.

    ValueError: a target outside (0, 1).
    """
    check_share(target, "the target")
    return cohort.day < today and cohort.open <= _OPEN_PART * target * cohort.drawn


def closed_days(cohorts: Iterable[Cohort], *, target: float, today: date) -> Closed:
    """Return the days that count, in order: all before the oldest one that is open. `today` is never over.

    ValueError: a day given twice, or a target outside (0, 1).
    """
    in_order = sorted(cohorts, key=lambda cohort: cohort.day)
    if len({cohort.day for cohort in in_order}) < len(in_order):
        raise ValueError("Every day has one cohort.")
    complete = [is_closed(cohort, target=target, today=today) for cohort in in_order]
    first_open = complete.index(False) if False in complete else len(in_order)
    counted, rest = in_order[:first_open], in_order[first_open:]
    return Closed(
        until=counted[-1].day if counted else None,
        days=tuple(cohort.day for cohort in counted),
        open_count_wrong=sum(cohort.open for cohort in counted),
        held_by=rest[0].day if rest else None,
        later=tuple(cohort.day for cohort, done in zip(rest, complete[first_open:], strict=True) if done),
    )


def held_answers(items: Sequence[DrawnItem], closed: Iterable[date]) -> list[bool]:
    """Return what lies behind the answers of `live_answers`, from the first open item on, as if all open ones were right."""
    over = set(closed)
    rest = items[len(live_answers(items, over)) :]
    return [item.wrong is True or (item.wrong is None and item.day in over) for item in rest]


def live_answers(items: Sequence[DrawnItem], closed: Iterable[date]) -> list[bool]:
    """Return what the live bound may see, in the order of draw: up to the first open item of a day that is not closed.

    Open items of closed days count as wrong. The items come in the order in which they were drawn.
    """
    over = set(closed)
    seen: list[bool] = []
    for item in items:
        if item.wrong is None and item.day not in over:
            break
        seen.append(item.wrong is not False)
    return seen

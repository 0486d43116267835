"""How large a share of items must be drawn so that a promise can be certified every so many days."""

import math
from dataclasses import dataclass

from routing.domain.bounds import check_share, cp_upper, fewest

# What is planned for: so many wrong ones among the sample, and beside it none at all.
PLANNED_WRONG = 2
# Beyond ten years nothing is a plan.
_MOST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Draw:
    """A rate of drawing: `rate` of all items, so that `needed` answers on automatic ones come in, with `wrong` wrong, in time.

    `drawn_a_day` items are drawn; `extra_reviews_a_day` of them would have been automatic and are reviewed all the same.
    """

    wrong: int
    needed: int
    rate: float
    drawn_a_day: float
    extra_reviews_a_day: float


@dataclass(frozen=True, slots=True)
class Planned:
    """What to draw: `draw` bears two wrong answers, `clean` none."""

    draw: Draw
    clean: Draw


@dataclass(frozen=True, slots=True)
class NotPossible:
    """Even every item would not do: `needed` answers, of which `expected` come in at most.

    `days` is how often it could be promised with every item drawn, None where not within ten years; `target` what could be promised as
    often as asked (with two wrong answers), None with fewer than three; `clean` what would do with no wrong answer at all, if anything.
    """

    needed: int
    expected: float
    days: int | None
    target: float | None
    clean: Draw | None


def plan_sample(
    *, target: float, delta: float, every_days: int, items_a_day: float, automatic_share: float
) -> Planned | NotPossible:
    """Return the rate at which "at most `target` wrong, every `every_days` days" can be expected to be certified at 1 - delta.

    The rate is of all items, and the same on both sides of the threshold; only the automatic ones count, and only they are extra work. With
    1 % at 95 % and 1,000, 5,000 or 100,000 automatic items in that time it is 63 %, 13 % or 0.6 %.
    ValueError: target or delta outside (0, 1), days below 1, negative items, a share outside [0, 1].
    """
    check_share(target, "the target")
    check_share(delta, "delta")
    if every_days < 1 or items_a_day < 0 or not 0 <= automatic_share <= 1:
        raise ValueError("A plan needs a day at least, items that are not negative and a share between 0 and 1.")
    automatic_a_day = items_a_day * automatic_share
    expected = automatic_a_day * every_days
    draw, clean = (
        _draw(wrong, fewest(target, delta, wrong), expected, items_a_day, automatic_a_day)
        for wrong in (PLANNED_WRONG, 0)
    )
    if draw is not None and clean is not None:
        return Planned(draw, clean)
    needed, most = fewest(target, delta, PLANNED_WRONG), math.floor(expected)
    days = needed / automatic_a_day if automatic_a_day else math.inf
    return NotPossible(
        needed=needed,
        expected=expected,
        days=math.ceil(days) if days < _MOST_DAYS else None,
        target=cp_upper(PLANNED_WRONG, most, delta) if most > PLANNED_WRONG else None,
        clean=clean,
    )


def _draw(wrong: int, needed: int, expected: float, items_a_day: float, automatic_a_day: float) -> Draw | None:
    if needed > expected:
        return None
    rate = needed / expected
    return Draw(wrong, needed, rate, rate * items_a_day, rate * automatic_a_day)

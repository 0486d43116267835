"""Whether a threshold may be recommended: everything that must hold first, and what would help where it does not."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from routing.domain.bounds import fewest
from routing.domain.cohorts import Closed, Cohort
from routing.domain.cost import Assumptions
from routing.domain.risk import Certified, Refusal, Refused
from routing.domain.tuning import Tuning

# Fewer answers say nothing of how often people are wrong.
HUMAN_ERROR_FROM = 100
# Targets that people promise, and how much faster a raised sample comes together.
_TARGETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
_RAISED = 3
_RAISED_LEAST = 0.02


class Check(StrEnum):
    """What must hold before a threshold is recommended."""

    SAMPLE = "sample"
    MODEL = "model"
    DRIFT = "drift"
    HUMAN_ERROR = "human_error"
    ENOUGH = "enough"
    COHORTS = "cohorts"


class Held(StrEnum):
    """Whether it does; `warn` does not stand in the way."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Wanting(StrEnum):
    """Why no threshold is recommended, besides what `certify` says; the first of these that applies is told."""

    NO_SAMPLE = "no_sample"
    MIXED_MODELS = "mixed_models"
    DRIFT_ALARM = "drift_alarm"
    NO_CLOSED_COHORT = "no_closed_cohort"
    BELOW_HUMAN_ERROR = "below_human_error"


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of the list: what, whether, and the numbers that a sentence about it needs."""

    check: Check
    held: Held
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HumanError:
    """Of so many adjudicated or agreed sample answers, in how many the blind reviewer was overruled."""

    overruled: int
    answers: int

    @property
    def share(self) -> float | None:
        """The measured error of people; None while there are too few answers."""
        return self.overruled / self.answers if self.answers >= HUMAN_ERROR_FROM else None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around the answers: drawn days, other model versions and drift in the period, people's own error."""

    today: date
    drawn: int
    answered: int
    closed: Closed
    held_by: Cohort | None
    other_versions: int
    drift_on: date | None
    human: HumanError


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a certificate: `raise` the sample rate, `wait`, or `promise` less; each with what it takes."""

    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A threshold, or the reasons why there is none (codes of `Wanting` and `Refusal`) with what is missing and what helps.

    `missing` are sample answers that would likely do, `needed` all that there would be then; None where more would not help.
    """

    threshold: float | None
    reasons: tuple[str, ...]
    checks: tuple[Checked, ...]
    missing: int | None
    needed: int | None
    ways: tuple[Way, ...]


def recommend(tuning: Tuning, around: Surroundings, assumptions: Assumptions) -> Recommendation:
    """Return the threshold that keeps the promise, or why none can be recommended."""
    verdict = tuning.verdict
    reasons: list[str] = [reason.value for reason in _wanting(tuning, around)]
    missing = None
    if isinstance(verdict, Refused):
        reasons.append(verdict.reason.value)
        missing = verdict.missing
    return Recommendation(
        threshold=None if reasons else tuning.certified,
        reasons=tuple(reasons),
        checks=tuple(_checks(tuning, around)),
        missing=missing,
        needed=None if missing is None else verdict.n + missing,
        ways=tuple(_ways(tuning, around, assumptions, missing)) if reasons else (),
    )


def _wanting(tuning: Tuning, around: Surroundings) -> list[Wanting]:
    human = around.human.share
    holds = {
        Wanting.NO_SAMPLE: around.drawn > 0,
        Wanting.MIXED_MODELS: not around.other_versions,
        Wanting.DRIFT_ALARM: around.drift_on is None,
        Wanting.NO_CLOSED_COHORT: not around.drawn or around.closed.until is not None,
        Wanting.BELOW_HUMAN_ERROR: human is None or tuning.target >= human,
    }
    return [reason for reason, holding in holds.items() if not holding]


def _checks(tuning: Tuning, around: Surroundings) -> list[Checked]:
    human = around.human.share
    return [
        Checked(Check.SAMPLE, _held(around.drawn > 0), {"drawn": around.drawn, "answered": around.answered}),
        Checked(Check.MODEL, _held(not around.other_versions), {"others": around.other_versions}),
        Checked(Check.DRIFT, _held(around.drift_on is None), {"on": around.drift_on}),
        Checked(
            Check.HUMAN_ERROR,
            Held.WARN if human is None else _held(tuning.target >= human),
            {"share": human, "answers": around.human.answers, "overruled": around.human.overruled},
        ),
        _enough(tuning),
        _cohorts(around),
    ]


def _enough(tuning: Tuning) -> Checked:
    verdict = tuning.verdict
    values: dict[str, Any] = {"n": verdict.n, "k": verdict.k, "least": fewest(tuning.target, tuning.delta)}
    if isinstance(verdict, Certified):
        return Checked(Check.ENOUGH, Held.GOOD, values)
    if verdict.k <= tuning.target * max(1, verdict.n):
        values["with_wrong"] = fewest(tuning.target, tuning.delta, verdict.k)
    values["failed"] = verdict.reason is Refusal.FIRST_POINT_FAILS
    return Checked(Check.ENOUGH, Held.BAD, values)


def _cohorts(around: Surroundings) -> Checked:
    values: dict[str, Any] = {"until": around.closed.until, "days": len(around.closed.days)}
    if around.held_by is not None:
        values |= {"day": around.held_by.day, "open": around.held_by.open, "drawn": around.held_by.drawn}
    if around.closed.until is None:
        return Checked(Check.COHORTS, Held.BAD, values)
    # Today's cohort is open by nature; an older one holds the end of the window back.
    is_late = around.held_by is not None and around.held_by.day < around.today
    return Checked(Check.COHORTS, Held.WARN if is_late else Held.GOOD, values)


def _ways(tuning: Tuning, around: Surroundings, assumptions: Assumptions, missing: int | None) -> list[Way]:
    found = []
    per_day = _useful_a_day(tuning, assumptions, assumptions.sample_rate)
    if missing is not None:
        raised = min(1.0, max(_RAISED_LEAST, round(assumptions.sample_rate * _RAISED, 3)))
        faster = _useful_a_day(tuning, assumptions, raised)
        if raised > assumptions.sample_rate and faster:
            more = (raised - assumptions.sample_rate) * assumptions.items_a_day * tuning.share(0.0)
            found.append(
                Way(
                    "raise",
                    {
                        "rate": raised,
                        "days": math.ceil(missing / faster),
                        "on": around.today + timedelta(days=_days(missing, faster)),
                        "reviews": more,
                        "cost": more * assumptions.review_cost,
                    },
                ),
            )
        if per_day:
            on = around.today + timedelta(days=_days(missing, per_day))
            found.append(Way("wait", {"days": math.ceil(missing / per_day), "on": on, "per_day": per_day}))
    lesser = _lesser(tuning, around)
    if lesser is not None:
        verdict = tuning.certifies(lesser)
        assert isinstance(verdict, Certified)  # noqa: S101 - just found
        values = {"target": lesser, "threshold": verdict.threshold, "bound": verdict.bound}
        found.append(Way("promise", values | {"automatic": tuning.share(verdict.threshold)}))
    return found


def _lesser(tuning: Tuning, around: Surroundings) -> float | None:
    """Return the least of the usual targets that these answers would certify, if nothing else stands in the way."""
    if not set(_wanting(tuning, around)) <= {Wanting.BELOW_HUMAN_ERROR}:
        return None
    least = max(tuning.target, around.human.share or 0.0)
    return next(
        (
            target
            for target in _TARGETS
            if target > tuning.target and target >= least and isinstance(tuning.certifies(target), Certified)
        ),
        None,
    )


def _useful_a_day(tuning: Tuning, assumptions: Assumptions, rate: float) -> float:
    """Return how many sample answers a day come of items that the policy's rules let through."""
    return assumptions.items_a_day * rate * tuning.share(0.0)


def _days(missing: int, per_day: float) -> int:
    # Nobody waits longer than ten years, and a date has an end.
    return min(3650, math.ceil(missing / per_day))


def _held(holds: bool) -> Held:
    return Held.GOOD if holds else Held.BAD

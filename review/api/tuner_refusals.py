"""The tuner's sentences of refusal: why no threshold is recommended, what is missing, and what would help."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from review.api.tuner_numbers import count, day_words, goal, threshold_words
from review.selectors.tuner import Tuner
from review.templatetags.shown import decimal, money, percent, rate
from routing.domain.bounds import cp_upper
from routing.domain.recommend import Wanting, Way
from routing.domain.risk import Refusal

_FEW = 10


def refusal(state: Tuner) -> dict[str, Any]:
    """Return title and text of why no threshold is recommended; empty where one is."""
    reasons = state.recommendation.reasons
    if not reasons:
        return {}
    said = [_REFUSALS[reason](state) for reason in reasons[:2]]
    if state.workflow.policy_number:
        stays = _("Until one can be certified, v%(number)d stays active and nothing changes.")
        said.append(stays % {"number": state.workflow.policy_number})
    title = _("No threshold can be certified for %(target)s yet") % {"target": goal(state.tuning.target)}
    return {"title": title, "text": " ".join(said)}


def missing(state: Tuner) -> dict[str, Any] | None:
    """Return how many answers would likely do, as a count and a sentence; nothing where more would not help."""
    advice, verdict_ = state.recommendation, state.tuning.verdict
    if advice.missing is None or advice.needed is None:
        return None
    values = {
        "target": goal(state.tuning.target),
        "all": count(advice.needed),
        "k": count(verdict_.k) if verdict_.k else _("none"),
    }
    text = ngettext(
        "more sample answer would likely certify %(target)s (%(all)s in all, with %(k)s wrong)",
        "more sample answers would likely certify %(target)s (%(all)s in all, with %(k)s wrong)",
        advice.missing,
    )
    return {
        "count": advice.missing,
        "needed": advice.needed,
        "have": advice.needed - advice.missing,
        "text": text % values,
        "sentence": f"{count(advice.missing)} {text % values}.",
    }


def way(state: Tuner, one: Way) -> dict[str, str]:
    """Return title and note of a way out."""
    values, currency = one.values, state.stored.currency
    if one.kind == "raise":
        reviews = _few_or_many(values["reviews"])
        note = ngettext(
            "likely done on %(day)s; %(reviews)s more blind review a day, %(cost)s",
            "likely done on %(day)s; %(reviews)s more blind reviews a day, %(cost)s",
            1 if reviews == "1" else 2,
        )
        return {
            "title": _("Sample %(rate)s instead of %(now)s")
            % {"rate": goal(values["rate"]), "now": goal(state.assumptions.sample_rate)},
            "note": note % {"day": _soon(values), "reviews": reviews, "cost": money(values["cost"], currency)},
        }
    if one.kind == "wait":
        note = _("likely done on %(day)s, at %(per_day)s answers a day; no extra work")
        return {
            "title": _("Wait"),
            "note": note % {"day": _soon(values), "per_day": decimal(f"{values['per_day']:.1f}")},
        }
    note = _("these answers would certify %(threshold)s: at most %(bound)s, %(share)s automatic")
    return {
        "title": _("Promise %(target)s for now") % {"target": goal(values["target"])},
        "note": note
        % {
            "threshold": threshold_words(values["threshold"]),
            "bound": rate(values["bound"]),
            "share": percent(values["automatic"]),
        },
    }


def model_words(state: Tuner) -> str:
    """Return which model version the figures are about."""
    if not state.workflow.model_name:
        return _("the model")
    return f"{state.workflow.model_name} {state.workflow.model_version}"


def _few_or_many(number: float) -> str:
    """Return a number of things a day: a small one with a place, so that it agrees with what it costs."""
    return decimal(f"{number:.1f}".removesuffix(".0")) if number < _FEW else count(number)


def _soon(values: Any) -> str:
    return day_words(values["on"])


def _no_sample(state: Tuner) -> str:
    return _(
        "Nothing that %(model)s answered in these days was drawn for the calibration sample. Only a random sample can certify: what "
        "people happened to review says little of what was accepted."
    ) % {"model": model_words(state)}


def _mixed(state: Tuner) -> str:
    values = {"n": count(state.material.other_versions), "model": model_words(state)}
    return (
        _(
            "In these days another model version answered too, on %(n)s of the sample. A threshold holds for one version: begin where %(model)s did."
        )
        % values
    )


def _drift(state: Tuner) -> str:
    day = day_words(state.material.drift_on)
    return _("There was a drift alarm on %(day)s: what the sample showed before need not hold for what comes now.") % {
        "day": day
    }


def _no_cohort(state: Tuner) -> str:
    held = state.material.cohort(state.closed.held_by)
    if held is None or held.day >= state.today:
        return _("No day of the sample is complete yet; today's will be, once it is over and answered.")
    values = {"day": day_words(held.day), "open": count(held.open), "drawn": count(held.drawn)}
    return (
        _(
            "No day of the sample is complete yet: of the %(drawn)s items drawn on %(day)s, %(open)s have no settled answer."
        )
        % values
    )


def _human(state: Tuner) -> str:
    human = state.human
    values = {"k": count(human.overruled), "n": count(human.answers), "share": rate(human.share)}
    return (
        _(
            "People themselves were overruled in %(k)s of %(n)s answers, %(share)s; a target below that cannot be told from their own errors."
        )
        % values
    )


def _nothing(_state: Tuner) -> str:
    return _(
        "Rules, flags and thresholds of labels let no answered item of the sample through, so that there is nothing to test."
    )


def _few(state: Tuner) -> str:
    verdict_ = state.tuning.verdict
    values = {
        "n": count(verdict_.n),
        "wrong": _wrong(verdict_.k),
        "bound": rate(cp_upper(verdict_.k, verdict_.n, state.tuning.delta)),
    }
    return _("%(n)s sample answers count; %(wrong)s. That still allows an error of %(bound)s.") % values


def _wrong(k: int) -> str:
    """Return how many were wrong, as a sentence's part."""
    if not k:
        return _("none of them was wrong")
    return ngettext("%(k)s of them was wrong", "%(k)s of them were wrong", k) % {"k": count(k)}


def _first_fails(state: Tuner) -> str:
    first = state.tuning.verdict.grid[0]
    values = {"n": count(first.n), "k": count(first.k), "bound": rate(cp_upper(first.k, first.n, state.tuning.delta))}
    return (
        _("Already of the %(n)s answers that the model was surest of %(k)s were wrong, which allows %(bound)s.")
        % values
    )


_REFUSALS: dict[str, Callable[[Tuner], str]] = {
    Wanting.NO_SAMPLE: _no_sample,
    Wanting.MIXED_MODELS: _mixed,
    Wanting.DRIFT_ALARM: _drift,
    Wanting.NO_CLOSED_COHORT: _no_cohort,
    Wanting.BELOW_HUMAN_ERROR: _human,
    Refusal.NOTHING_SCORED: _nothing,
    Refusal.TOO_FEW: _few,
    Refusal.FIRST_POINT_FAILS: _first_fails,
}

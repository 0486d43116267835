"""The tuner's list of what must hold before a threshold is recommended, line by line."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from review.api.tuner_numbers import count, day_words
from review.api.tuner_refusals import model_words
from review.selectors.tuner import Tuner
from review.templatetags.shown import rate
from routing.domain.recommend import Check, Checked


def check(state: Tuner, one: Checked) -> str:
    """Return the line of the checklist."""
    return _CHECKS[one.check](state, one)


def _check_sample(_state: Tuner, one: Checked) -> str:
    if not one.values["drawn"]:
        return _("Nothing was drawn for the calibration sample in these days")
    values = {"answered": count(one.values["answered"]), "drawn": count(one.values["drawn"])}
    return _("Answers come from a random sample with known probability: %(answered)s of %(drawn)s drawn") % values


def _check_model(state: Tuner, one: Checked) -> str:
    if one.values["others"]:
        return _("Two model versions in these days: %(n)s answers are not of %(model)s") % {
            "n": count(one.values["others"]),
            "model": model_words(state),
        }
    return _("One model version: %(model)s") % {"model": model_words(state)}


def _check_drift(_state: Tuner, one: Checked) -> str:
    if one.values["on"]:
        return _("Drift alarm on %(day)s") % {"day": day_words(one.values["on"])}
    return _("No drift alarm in these days")


def _check_human(_state: Tuner, one: Checked) -> str:
    share = one.values["share"]
    if share is None:
        n = count(one.values["answers"])
        return _("People's own error is not known before 100 settled answers: there are %(n)s") % {"n": n}
    if one.held == "good":
        return _("Target is above measured human disagreement, %(share)s") % {"share": rate(share)}
    return _("Target is below measured human disagreement, %(share)s") % {"share": rate(share)}


def _check_enough(_state: Tuner, one: Checked) -> str:
    values = {name: count(one.values[name]) for name in ("n", "k", "least", "with_wrong") if name in one.values}
    if one.held == "good":
        return _("%(n)s answers and %(k)s wrong at the certified threshold") % values
    if one.values.get("failed"):
        return _("The strictest threshold that could be tested failed") % values
    if one.values["k"] and "with_wrong" in values:
        return _("At least %(least)s answers, or %(with_wrong)s with %(k)s wrong: there are %(n)s") % values
    return _("At least %(least)s answers: there are %(n)s, %(k)s of them wrong") % values


def _check_cohorts(state: Tuner, one: Checked) -> str:
    values = one.values
    words = {
        "day": day_words(values.get("day")),
        "open": count(values.get("open", 0)),
        "drawn": count(values.get("drawn", 0)),
        "until": day_words(values["until"]),
    }
    if values["until"] is None:
        return (
            _("No day is complete: %(open)s of %(drawn)s of %(day)s are open") % words
            if values.get("day")
            else _("No day is complete")
        )
    if one.held == "good":
        return _("Every day up to %(until)s is complete") % words
    return _("%(day)s is still open: %(open)s of %(drawn)s; what counts ends on %(until)s") % words


_CHECKS: dict[Check, Callable[[Tuner, Checked], str]] = {
    Check.SAMPLE: _check_sample,
    Check.MODEL: _check_model,
    Check.DRIFT: _check_drift,
    Check.HUMAN_ERROR: _check_human,
    Check.ENOUGH: _check_enough,
    Check.COHORTS: _check_cohorts,
}

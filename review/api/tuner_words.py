"""The tuner's sentences about a draft: how it stands to the promise, what the figures are worth, what will be late."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from review.api.tuner_numbers import count, day_words, goal, threshold_words
from review.api.tuner_refusals import refusal
from review.domain.forecast import Forecast, Outlook
from review.domain.lateness import Range
from review.domain.overdue import Overdue
from review.selectors.tuner import Tuner
from review.templatetags.shown import percent, rate, span


def verdict(state: Tuner) -> dict[str, Any]:
    """Say how the draft stands to the promise; `use` is a threshold to change to, where one is better."""
    target, draft, certified = goal(state.tuning.target), state.draft.at, state.certified
    if certified is None:
        return {"tone": "bad", **refusal(state), "use": None}
    values = {
        "k": count(draft.k) if draft.k else _("None"),
        "n": count(draft.n),
        "bound": rate(draft.bound),
        "best": threshold_words(certified.at.threshold),
        "share": percent(certified.at.automatic),
        "target": target,
    }
    if draft.keeps:
        text = _("%(k)s wrong in %(n)s allow at most %(bound)s.") % values
        is_best = draft.threshold == certified.at.threshold
        text = f"{text} {_cheapest(state)}" if is_best else f"{text} {_loosest(values)}"
        return {
            "tone": "good",
            "title": _("Keeps %(target)s") % values,
            "text": text.strip(),
            "use": None if is_best else certified.at.threshold,
        }
    if draft.n and draft.bound <= state.tuning.target:
        text = _(
            "%(k)s wrong in %(n)s would do by themselves, but a stricter threshold failed its test, and so every laxer one."
        )
    elif draft.n:
        text = _("%(k)s wrong in %(n)s still allow %(bound)s.")
    else:
        text = _("No sample answer lies at or above it.")
    return {
        "tone": "warn",
        "title": _("Not certified for %(target)s") % values,
        "text": f"{text % values} {_loosest(values)}",
        "use": certified.at.threshold,
    }


def preview(state: Tuner) -> str:
    """Say that these figures certify nothing by themselves, and when some will."""
    window = state.material.window
    if window is None:
        return _("No window of the sample is open: plan one on the page “Sample” to get a certificate.")
    values = {"number": window.number, "day": day_words(window.last_day)}
    if state.today > window.last_day:
        return _("Window %(number)s ended on %(day)s and is tested once its last day is complete.") % values
    text = _("Window %(number)s ends on %(day)s and is tested then, once.") % values
    if window.attempt > 1:
        more = _("It is attempt %(attempt)d on this model version, tested at %(level)s.")
        text = f"{text} {more % {'attempt': window.attempt, 'level': rate(state.tuning.delta)}}"
    return text


def late(expected: Overdue) -> str:
    """Return whether reviews will be late until all is due that comes in a working day, in half a sentence."""
    outlook = expected.forecast
    people = ngettext("with %(n)d person", "with %(n)d people", outlook.people) % {"n": outlook.people}
    if expected.late is None:
        return _nobody(outlook)
    text = _("%(range)s in a working day %(people)s") % {"range": _range(expected.late), "people": people}
    if expected.late_now is not None and expected.late_now != expected.late:
        text = _("%(said)s; as it is, %(range)s") % {"said": text, "range": _range(expected.late_now)}
    if outlook.outlook is Outlook.CLEAR_BY:
        return _("%(said)s; clear in %(time)s") % {"said": text, "time": span((outlook.hours or 0) * 3600)}
    if outlook.outlook is Outlook.NOT_AT_THIS_PACE and outlook.needed is not None:
        return _("%(said)s; the queues grow, %(n)d needed") % {"said": text, "n": outlook.needed}
    return text


def _range(late: Range) -> str:
    """Return how many are overdue at the worst moment, nine times in ten."""
    if not late.high:
        return _("none overdue")
    if late.low == late.high:
        return _("%(n)s overdue at worst") % {"n": count(late.high)}
    return _("%(low)s to %(high)s overdue at worst, nine times in ten,") % {
        "low": count(late.low),
        "high": count(late.high),
    }


def _nobody(outlook: Forecast) -> str:
    """Return what can be said where nobody is at work, or nobody's pace is known."""
    if outlook.outlook is Outlook.CLEAR:
        return _("nothing waits now")
    if outlook.outlook is Outlook.NO_PACE:
        return _("nobody's pace is known")
    said = _("nobody is at the queues")
    return said if outlook.needed is None else _("%(said)s, %(n)d needed") % {"said": said, "n": outlook.needed}


def _cheapest(state: Tuner) -> str:
    """Return how the cost-optimal threshold stands to the certified one."""
    cheapest, certified = state.cost_optimal.at, state.certified
    if certified is None or cheapest.automatic == certified.at.automatic:
        return ""
    values = {"cheapest": threshold_words(cheapest.threshold)}
    if cheapest.automatic > certified.at.automatic:
        return _("The cost-optimal one, %(cheapest)s, is laxer: the certificate wins.") % values
    return _("By cost alone it would be %(cheapest)s.") % values


def _loosest(values: dict[str, str]) -> str:
    return _("The loosest threshold that keeps the promise is %(best)s, with %(share)s automatic.") % values

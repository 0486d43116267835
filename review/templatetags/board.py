"""The words and lines of the lead's board."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import avoid_wrapping
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from review.domain.forecast import Forecast, Outlook
from review.selectors.stats import Rate
from review.templatetags.shown import NOTHING, decimal, percent

register = template.Library()

_FLOOR, _TOP, _WIDTH = 22, 2, 96


@register.simple_tag
def forecast_words(forecast: Forecast, at: datetime) -> str:
    """Return when a queue is clear, in words."""
    people = ngettext("%(n)d person", "%(n)d people", forecast.people) % {"n": forecast.people}
    match forecast.outlook:
        case Outlook.CLEAR:
            return _("clear")
        case Outlook.CLEAR_BY:
            end = at + timedelta(hours=forecast.hours or 0)
            return _("clear by %(time)s with %(people)s") % {"time": clock(end, at), "people": people}
        case Outlook.NOT_AT_THIS_PACE:
            return _("not at this pace with %(people)s") % {"people": people}
        case Outlook.NOBODY:
            return _("nobody is at it")
        case Outlook.NO_PACE:
            return _("no pace known yet")


@register.simple_tag
def forecast_needs(forecast: Forecast) -> str:
    """Return how many people would bring the end about; empty where there is an end, or no number of people would."""
    if forecast.needed is None:
        return ""
    return ngettext("it takes %(n)d person", "it takes %(n)d people", forecast.needed) % {"n": forecast.needed}


@register.filter
def forecast_tone(forecast: Forecast) -> str:
    """Return the colour that goes with the words."""
    return {Outlook.NOT_AT_THIS_PACE: "bad", Outlook.NOBODY: "warn", Outlook.CLEAR: "subtle"}.get(forecast.outlook, "")


def clock(end: datetime, now: datetime) -> str:
    """Return a moment as a time of day, with its day where that is not today."""
    end, now = timezone.localtime(end), timezone.localtime(now)
    time = f"{end:%H:%M}"
    if end.date() == now.date():
        return time
    if end.date() == now.date() + timedelta(days=1):
        return _("tomorrow %(time)s") % {"time": time}
    day = date_format(end, _("D j M"))
    return f"{day} {time}"


@register.simple_tag
def flow_lines(arrived: Sequence[int], decided: Sequence[int]) -> Mapping[str, str]:
    """Return two lines on one scale, 96 by 24: what came and what was decided, oldest first."""
    most = max(*arrived, *decided, 1)
    return {"arrived": _line(arrived, most), "decided": _line(decided, most)}


def _line(values: Sequence[int], most: int) -> str:
    step = _WIDTH / max(1, len(values) - 1)
    points = (
        f"{'L' if index else 'M'}{index * step:.1f} {_FLOOR - (_FLOOR - _TOP) * value / most:.1f}"
        for index, value in enumerate(values)
    )
    return " ".join(points)


@register.simple_tag
def balance_words(balance: int) -> Mapping[str, str]:
    """Return what the last hour did to a queue: a sign, a word and a colour."""
    if balance > 0:
        return {"text": _("▲ grew by %(n)d") % {"n": balance}, "tone": "warn"}
    if balance < 0:
        return {"text": _("▼ shrank by %(n)d") % {"n": -balance}, "tone": "good"}
    return {"text": _("= holds"), "tone": "subtle"}


@register.filter
def rate_words(rate: Rate) -> str:
    """Return a share with its basis."""
    if not rate.n:
        return NOTHING
    return _("%(share)s, %(k)d of %(n)d") % {"share": percent(rate.rate), "k": rate.k, "n": rate.n}


@register.filter
def seconds_exact(value: float) -> str:
    """Return seconds to the tenth."""
    return avoid_wrapping(_("%(n)s s") % {"n": decimal(f"{value:.1f}")})

"""Numbers, times and words as pages show them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.html import avoid_wrapping, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from review.domain.invisibles import bidi_spans, invisible_spans
from review.domain.states import ItemState, OutcomeSource
from routing.domain.reasons import describe
from routing.selectors.suggestions import PredictionFacts

register = template.Library()

NOTHING = "\N{EN DASH}"  # stands where there is no value

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SECONDS_UP_TO = 90
_HOURS_UP_TO = 48
_PLACES_BELOW = 0.01
_LEAST_SCORE = 0.01
_TWO_PLACES_BELOW = 0.0995
_CENTS_BELOW = 10
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}

STATES = {
    ItemState.RECEIVED: ("", gettext_lazy("received")),
    ItemState.PREDICTING: ("machine", gettext_lazy("with the model")),
    ItemState.IN_REVIEW: ("accent", gettext_lazy("with people")),
    ItemState.HELD: ("warn", gettext_lazy("decided, can be undone")),
    ItemState.RESOLVED: ("good", gettext_lazy("resolved")),
    ItemState.WITHDRAWN: ("", gettext_lazy("withdrawn")),
    ItemState.DEAD: ("bad", gettext_lazy("failed")),
}
SOURCES = {
    OutcomeSource.AUTO: ("machine", gettext_lazy("automatic")),
    OutcomeSource.HUMAN: ("user", gettext_lazy("a person")),
    OutcomeSource.AMENDED: ("user", gettext_lazy("amended")),
}
FLAGS = {
    "instruction_like": gettext_lazy("reads like an instruction to a program"),
    "invisible_characters": gettext_lazy("holds invisible characters"),
    "bidi_characters": gettext_lazy("holds characters that change the direction of writing"),
}


def decimal(number: str) -> str:
    """Return an English number, 1,200.50 or .84, as the reader's language writes it."""
    comma, point = get_format("THOUSAND_SEPARATOR"), get_format("DECIMAL_SEPARATOR")
    whole = f"0{number}" if number.startswith(".") and point != "." else number
    return whole.translate({ord(","): str(comma), ord("."): str(point)})


@register.filter
def percent(share: float | None) -> str:
    """Return a share as a percentage: one place, two where it is below one."""
    if share is None:
        return NOTHING
    places = 0 if share in {0, 1} else 2 if share < _PLACES_BELOW else 1
    number = f"{share * 100:.{places}f}"
    number = number.rstrip("0").rstrip(".") if places else number
    return avoid_wrapping(_("%(number)s %%") % {"number": decimal(number)})


@register.filter
def rate(share: float | None) -> str:
    """Return an error rate as a percentage: two places below ten per cent, since targets are small."""
    if share is None:
        return NOTHING
    places = 0 if share in {0, 1} else 2 if share < _TWO_PLACES_BELOW else 1
    return avoid_wrapping(_("%(number)s %%") % {"number": decimal(f"{share * 100:.{places}f}")})


def currency_sign(currency: str) -> str:
    """Return the sign of a currency, or its three letters."""
    return _SIGNS.get(currency, currency)


@register.filter
def money(amount: float | None, currency: str) -> str:
    """Return an amount of money: whole, a small one with cents. static/js/tuner/numbers.js writes it the same way."""
    if amount is None:
        return NOTHING
    places = 2 if abs(amount) < _CENTS_BELOW and amount != int(amount) else 0
    values = {"currency": currency_sign(currency), "amount": decimal(f"{amount:,.{places}f}")}
    return avoid_wrapping(_("%(currency)s %(amount)s") % values)


@register.filter
def score(value: float | None) -> str:
    """Return a score without its leading zero, never rounded up to one."""
    if value is None:
        return NOTHING
    if 0 < value < _LEAST_SCORE:
        return f"<{decimal('.01')}"
    return decimal("1.0" if value >= 1 else f"{int(value * 100 + 1e-9) / 100:.2f}".removeprefix("0"))


@register.filter
def margin_words(margin: float | None) -> str:
    """Return how far a confidence lies from its threshold."""
    if margin is None:
        return NOTHING
    sentence = _("%(number)s short") if margin < 0 else _("%(number)s above")
    return sentence % {"number": decimal(f"{abs(margin):.3f}".removesuffix("0"))}


@register.filter
def width(share: float | None) -> str:
    """Return a share as the width of a bar."""
    return f"{max(0.0, min(1.0, share or 0.0)) * 100:.1f}%"


@register.filter
def span(seconds: float | timedelta | None) -> str:
    """Return a duration as 18 s, 42 min, 3 h 02 or 5 days."""
    if seconds is None:
        return NOTHING
    whole = round(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    if whole < _SECONDS_UP_TO:
        return avoid_wrapping(_("%(n)d s") % {"n": max(0, whole)})
    if whole < _HOUR:
        return avoid_wrapping(_("%(n)d min") % {"n": round(whole / _MINUTE)})
    if whole < _HOURS_UP_TO * _HOUR:
        hours, minutes = divmod(whole // _MINUTE, 60)
        return avoid_wrapping(_("%(h)d h %(m)02d") % {"h": hours, "m": minutes})
    return avoid_wrapping(_("%(n)d days") % {"n": round(whole / _DAY)})


@register.filter
def milliseconds(value: float | None) -> str:
    """Return milliseconds of human time as a duration."""
    return NOTHING if value is None else span(value / 1000)


@register.filter
def age(at: datetime | None) -> str:
    """Return how long ago a moment was."""
    return NOTHING if at is None else span(timezone.now() - at)


@register.filter
def initials(name: str) -> str:
    """Return two letters for an avatar."""
    parts = name.split() or ["?"]
    return (parts[0][:1] + (parts[-1][:1] if len(parts) > 1 else parts[0][1:2])).upper()


@register.filter
def lookup(mapping: dict[str, Any], key: str) -> Any:
    """Return what a mapping holds under a key, else the key itself."""
    return mapping.get(key, key)


@register.filter
def flag_words(flag: str) -> str:
    """Return what a flag says of an item."""
    return str(FLAGS.get(flag, flag.replace("_", " ")))


@register.filter
def visible(text: Any) -> SafeString:
    """Return a text with a chip in the place of each character that can't be seen or that redirects reading."""
    whole = str(text)
    hidden = sorted(
        {
            place
            for spans in (invisible_spans(whole), bidi_spans(whole))
            for begin, end in spans
            for place in range(begin, end)
        }
    )
    parts: list[str] = []
    begin = 0
    for place in hidden:
        code = f"U+{ord(whole[place]):04X}"
        parts += [
            format_html("{}", whole[begin:place]),
            format_html(
                '<span class="unseen" title="{}">{}</span>',
                _("Invisible character"),
                code,
            ),
        ]
        begin = place + 1
    return format_html_join("", "{}", ((part,) for part in [*parts, whole[begin:]]))


@register.inclusion_tag("review/_state.html")
def state_badge(state: str | None) -> dict[str, Any]:
    """Show an item's state as a badge; none is what a blind review keeps back."""
    if state is None:
        return {"tone": "", "title": pgettext("state of an item", "kept back")}
    tone, title = STATES[ItemState(state)]
    return {"tone": tone, "title": title}


@register.inclusion_tag("review/_source.html")
def outcome_source(source: str) -> dict[str, Any]:
    """Show who gave an outcome."""
    icon, title = SOURCES[OutcomeSource(source)]
    return {"icon": icon, "title": title}


@register.simple_tag
def why(prediction: PredictionFacts, titles: Mapping[str, str]) -> str:
    """Return why an item went where it went, in a sentence."""
    return because(prediction.reason_code, prediction.reason, titles)


def because(code: str, reason: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Return a routing reason as a sentence, a label by its title."""
    sentence, parameters = describe(code, reason)
    numbers = {
        key: decimal(parameters[key])
        for key, value in reason.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    label = parameters["label"]
    return str(_(sentence) % (parameters | numbers | {"label": titles.get(label, label)}))

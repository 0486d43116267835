"""Figures of replays as the page shows them."""

from collections.abc import Mapping

from django import template
from django.utils.html import avoid_wrapping
from django.utils.translation import gettext as _

from review.templatetags.shown import NOTHING, decimal

register = template.Library()

_MINUTES = 60


@register.filter
def title_of(titles: Mapping[str, str], label: str) -> str:
    """Return what a label is called; the label itself where it has no title."""
    return titles.get(label, label)


@register.filter
def hours(value: float | None) -> str:
    """Return hours of work a day; minutes where it is less than one. static/js/tuner/figures.js writes them the same way."""
    if value is None:
        return NOTHING
    if value < 1:
        return avoid_wrapping(_("%(n)d min") % {"n": round(value * _MINUTES)})
    return avoid_wrapping(_("%(hours)s h") % {"hours": decimal(f"{value:,.1f}")})


@register.filter
def points(share: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    number = decimal(f"{abs(share) * 100:.1f}")
    if not round(share * 1000):
        return number
    sign = "+" if share > 0 else "\N{MINUS SIGN}"
    return f"{sign} {number}"

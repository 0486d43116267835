"""Figures of replays as the page shows them."""

from collections.abc import Mapping

from django import template

from review.templatetags.shown import decimal

register = template.Library()


@register.filter
def title_of(titles: Mapping[str, str], label: str) -> str:
    """Return what a label is called; the label itself where it has no title."""
    return titles.get(label, label)


@register.filter
def points(share: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    number = decimal(f"{abs(share) * 100:.1f}")
    if not round(share * 1000):
        return number
    sign = "+" if share > 0 else "\N{MINUS SIGN}"
    return f"{sign} {number}"

"""Thresholds as certificates write them."""

from django import template

from review.templatetags.shown import NOTHING, decimal

register = template.Library()

_PLACES = 6


@register.filter
def threshold(value: float | None) -> str:
    """Return a threshold with as many places as it has, two at least."""
    if value is None:
        return NOTHING
    whole, _point, places = f"{value:.{_PLACES}f}".partition(".")
    return decimal(f"{whole}.{places.rstrip('0').ljust(2, '0')}")

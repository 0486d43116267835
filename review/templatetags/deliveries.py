"""Deliveries in words: where one stands, what a receiver answered, why an endpoint gets nothing."""

from http import HTTPStatus
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.models.delivery import DeliveryState
from review.selectors.delivery_log import LoggedDelivery

register = template.Library()

# Tone, icon and words; never the tone alone.
_STATES = {
    DeliveryState.PENDING: ("", "clock", gettext_lazy("waits")),
    DeliveryState.SENDING: ("accent", "send", gettext_lazy("being sent")),
    DeliveryState.DELIVERED: ("good", "check", gettext_lazy("delivered")),
    DeliveryState.FAILED: ("bad", "x", gettext_lazy("given up")),
}
_TRIED = ("warn", "rotate", gettext_lazy("tried, waits"))
_HELD = ("", "pause", gettext_lazy("waits, endpoint is off"))
STATE_CHOICES = [
    (DeliveryState.PENDING.value, gettext_lazy("Waits")),
    (DeliveryState.SENDING.value, gettext_lazy("Being sent")),
    (DeliveryState.DELIVERED.value, gettext_lazy("Delivered")),
    (DeliveryState.FAILED.value, gettext_lazy("Given up")),
]


@register.inclusion_tag("review/_delivery_state.html")
def delivery_state(delivery: LoggedDelivery) -> dict[str, Any]:
    """Show where a delivery stands, by icon and words."""
    tone, icon, title = _STATES[DeliveryState(delivery.state)]
    if delivery.state == DeliveryState.PENDING:
        if not delivery.is_enabled:
            tone, icon, title = _HELD
        elif delivery.attempts:
            tone, icon, title = _TRIED
    return {"tone": tone, "icon": icon, "title": title}


@register.filter
def answered(status: int | None) -> str:
    """Return a status with its phrase."""
    if status is None:
        return _("no answer")
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)

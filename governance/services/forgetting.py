"""Letting go of what is past its time: kept answers, tokens, sessions, published events."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from governance.statements import fetch_one

_EVENTS = 5000
_FORGET_EVENTS_SQL = "SELECT aios_forget_events(%(older_than)s::interval, %(at_most)s::int) AS gone"


def forget_expired() -> int:
    """Delete expired rows of every workspace; return how many."""
    with transaction.atomic():
        row = fetch_one("SELECT aios_forget_expired() AS gone", {})
    return (int(row["gone"]) if row else 0) + forget_events()


def forget_events() -> int:
    """Delete events past their time with their deliveries, in transactions of a few thousand; return how many."""
    values = {"older_than": timedelta(days=settings.AIOS_EVENT_DAYS), "at_most": _EVENTS}
    total = 0
    while True:
        with transaction.atomic():
            row = fetch_one(_FORGET_EVENTS_SQL, values)
        gone = int(row["gone"]) if row else 0
        total += gone
        if gone < _EVENTS:
            return total

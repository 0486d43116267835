"""Letting go of what is past its time: kept answers, tokens, sessions, published events, notices that were read."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from governance.statements import fetch_one

_EVENTS = 5000
_NOTICES = 5000
_NOTICE_DAYS = 90
_FORGET_EVENTS_SQL = "SELECT aios_forget_events(%(older_than)s::interval, %(at_most)s::int) AS gone"
_FORGET_NOTICES_SQL = "SELECT aios_forget_notices(%(older_than)s::interval, %(at_most)s::int) AS gone"


def forget_expired() -> int:
    """Delete expired rows of every workspace; return how many."""
    with transaction.atomic():
        row = fetch_one("SELECT aios_forget_expired() AS gone", {})
    return (int(row["gone"]) if row else 0) + forget_events() + forget_notices()


def forget_events() -> int:
    """Delete events past their time with their deliveries, in transactions of a few thousand; return how many."""
    return _forget(_FORGET_EVENTS_SQL, timedelta(days=settings.AIOS_EVENT_DAYS), _EVENTS)


def forget_notices() -> int:
    """Delete notices that have been read and are older than 90 days, in the same way; return how many."""
    return _forget(_FORGET_NOTICES_SQL, timedelta(days=_NOTICE_DAYS), _NOTICES)


def _forget(sql: str, older_than: timedelta, at_most: int) -> int:
    total = 0
    while True:
        with transaction.atomic():
            row = fetch_one(sql, {"older_than": older_than, "at_most": at_most})
        gone = int(row["gone"]) if row else 0
        total += gone
        if gone < at_most:
            return total

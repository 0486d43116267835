"""Letting go of drafts that nobody came back to."""

from datetime import timedelta

from django.db import transaction

from governance.statements import fetch_one

DRAFT_DAYS = 30
_DRAFTS = 5000
_FORGET_DRAFTS_SQL = "SELECT aios_forget_drafts(%(older_than)s::interval, %(at_most)s::int) AS gone"


def forget_drafts() -> int:
    """Delete drafts of every workspace that were last saved 30 days ago, some thousands at a time; return how many."""
    total = 0
    while True:
        with transaction.atomic():
            row = fetch_one(_FORGET_DRAFTS_SQL, {"older_than": timedelta(days=DRAFT_DAYS), "at_most": _DRAFTS})
        gone = int(row["gone"]) if row else 0
        total += gone
        if gone < _DRAFTS:
            return total

"""Letting go of what is past its time: kept answers, tokens, sessions."""

from django.db import transaction

from governance.statements import fetch_one


def forget_expired() -> int:
    """Delete expired rows of every workspace; return how many."""
    with transaction.atomic():
        row = fetch_one("SELECT aios_forget_expired() AS gone", {})
    return int(row["gone"]) if row else 0

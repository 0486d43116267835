"""Days are counted in UTC."""

from datetime import UTC, date

from django.utils import timezone


def today() -> date:
    """Return the day of now, in UTC."""
    return timezone.now().astimezone(UTC).date()

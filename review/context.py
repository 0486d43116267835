"""The context processor of what the frame of every page says about items."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from review.selectors.dead_letters import MOST_COUNTED, dead_count


def dead_letters(_request: HttpRequest) -> dict[str, Any]:
    """Return how many items are dead, as a word; counted only where a page asks, by one statement."""
    return {"nav_dead": _shown}


def _shown() -> str:
    count = dead_count()
    return _("%(n)d+") % {"n": count - 1} if count >= MOST_COUNTED else str(count or "")

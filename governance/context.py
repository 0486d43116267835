"""The context processor of the page frame."""

from functools import partial
from typing import Any

from django.http import HttpRequest

from governance.selectors.notices import MOST_COUNTED, unread_count
from governance.selectors.principals import MembershipFacts
from governance.selectors.shell import capabilities_of, shown_membership, shown_person


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return workspace, membership, person and capabilities of a workspace page; nothing elsewhere.

    No statement, but for the unread notices: counted by one where a page asks for them, and never by a call of the API.
    """
    facts: MembershipFacts | None = getattr(request, "membership", None)
    if facts is None:
        return {}
    membership = shown_membership(facts)
    return {
        "workspace": membership.workspace,
        "membership": membership,
        "person": shown_person(facts),
        "capabilities": capabilities_of(facts.role),
        "nav_unread": partial(_unread, facts),
        "other_workspaces": getattr(request, "has_other_workspaces", False),
    }


def _unread(facts: MembershipFacts) -> str:
    count = unread_count(facts.actor())
    return f"{count - 1}+" if count >= MOST_COUNTED else str(count or "")

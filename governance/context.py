"""The context processor of the page frame."""

from typing import Any

from django.http import HttpRequest

from governance.selectors.principals import MembershipFacts
from governance.selectors.shell import capabilities_of, shown_membership, shown_person


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return workspace, membership, person and capabilities of a workspace page; nothing elsewhere. No statement."""
    facts: MembershipFacts | None = getattr(request, "membership", None)
    if facts is None:
        return {}
    membership = shown_membership(facts)
    return {
        "workspace": membership.workspace,
        "membership": membership,
        "person": shown_person(facts),
        "capabilities": capabilities_of(facts.role),
        "other_workspaces": getattr(request, "has_other_workspaces", False),
    }

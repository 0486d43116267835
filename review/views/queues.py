"""Queues: a list for those who work them, a board for those who lead."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from governance.domain import Capability
from governance.views.access import WorkspaceRequest, workspace_page
from review.selectors.queues import QueueFacts, queues_for
from review.views.board import board_page


@require_safe
@workspace_page()
def home(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Lead to where a person's work begins: queues, workflows, or the items they have sent."""
    actor = request.actor
    page = "queues" if actor.can(Capability.REVIEW) else "workflows" if actor.can(Capability.SEE_WORKFLOWS) else "items"
    return redirect(f"review:{page}", workspace=workspace)


@require_safe
@workspace_page(Capability.SEE_ITEMS)
def queues(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show the queues; for a refresh their list alone. Who leads gets the board."""
    if request.actor.can(Capability.LEAD_QUEUES):
        return board_page(request)
    found = queues_for(request.actor)
    template = "review/_queues_live.html" if "HX-Request" in request.headers else "review/queues.html"
    return render(request, template, {"nav": "queues", "queues": found, "totals": totals_of(found)})


def totals_of(found: list[QueueFacts]) -> dict[str, int]:
    """Return the sums over queues."""
    return {name: sum(getattr(queue, name) for queue in found) for name in ("depth", "overdue", "due_soon", "leased")}

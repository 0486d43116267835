"""The lead's board, as a page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from governance.domain import Capability
from governance.views.access import WorkspaceRequest
from review.selectors.board import board_for


def board_page(request: WorkspaceRequest) -> HttpResponse:
    """Show the board; for a refresh its changing part alone."""
    board = board_for(request.actor)
    context: dict[str, Any] = {
        "nav": "queues",
        "board": board,
        "totals": board.totals,
        "may_resume": request.actor.can(Capability.CONFIGURE),
    }
    template = "review/_board_live.html" if "HX-Request" in request.headers else "review/board.html"
    return render(request, template, context)

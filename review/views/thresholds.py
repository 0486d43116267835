"""The tuner's page: thresholds of a workflow and what they would do."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance.domain import Capability
from governance.views.access import WorkspaceRequest, workspace_page
from review.selectors.tuner import USUAL_DELTA, USUAL_TARGET
from review.templatetags.shown import currency_sign
from routing.selectors.assumptions import stored_assumptions
from routing.selectors.tuner_frame import USUAL_DAYS, next_number, open_window
from routing.selectors.workflows import access_workflow

# How sure a promise can be made, as failure probabilities.
_DELTAS = (0.1, 0.05, 0.01)
_PERIODS = (7, USUAL_DAYS, 90, 365)


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def thresholds(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Show the frame; the figures come from the API, as they do whenever something on the page moves."""
    workflow = access_workflow(key)
    window = open_window(workflow.id)
    delta = window.delta if window else USUAL_DELTA
    context: dict[str, Any] = {
        "nav": "workflows",
        "tab": "thresholds",
        "workflow": workflow,
        "currency": currency_sign(stored_assumptions(workflow.id).currency),
        "target": window.target if window else USUAL_TARGET,
        "delta": delta,
        "deltas": sorted({*_DELTAS, delta}, reverse=True),
        "periods": _PERIODS,
        "usual_days": USUAL_DAYS,
        "today": timezone.now().date(),
        "may_propose": request.actor.can(Capability.CONFIGURE),
        "next_number": next_number(workflow.id),
    }
    return render(request, "review/thresholds.html", context)

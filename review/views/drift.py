"""Drift of a workflow's inputs and answers."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.domain import Capability
from governance.views.access import WorkspaceRequest, workspace_page
from routing.domain.drift_measures import LABELS, NUMBERS
from routing.selectors.contracts import contract_facts
from routing.selectors.drift_state import drift_facts
from routing.selectors.workflows import access_workflow


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def drift(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Show distributions then and now, the index of every window, and what it has led to."""
    workflow = access_workflow(key)
    found = drift_facts(workflow)
    last = found.windows[-1] if found.windows else None
    context = {
        "nav": "workflows",
        "tab": "drift",
        "workflow": workflow,
        "drift": found,
        "last": last,
        "measures": [name for name in (*NUMBERS, LABELS) if last and name in last.measures],
        "changes": [window for window in reversed(found.windows) if window.level != window.before],
        "titles": contract_facts(workflow.contract_id).label_titles if workflow.contract_id else {},
    }
    return render(request, "review/drift.html", context)

"""Workflows, and the owner's page of one."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from governance.domain import Capability
from governance.views.access import WorkspaceRequest, workspace_page
from review.selectors.queues import queues_for
from review.selectors.stats import Period, ReasonCount, summaries, workflow_stats
from review.views.queues import totals_of
from routing.domain.reasons import CAUSE_SENTENCES, OTHER_CAUSE, Reason
from routing.selectors.budgets import active_budgets
from routing.selectors.contracts import contract_facts
from routing.selectors.drift_state import drift_level
from routing.selectors.restrictions import running_limits
from routing.selectors.workflows import access_workflow, workflows

_USUAL = "14d"
_PERIODS = {
    "24h": (timedelta(hours=24), "hour", gettext_lazy("24 h")),
    "14d": (timedelta(days=13), "day", gettext_lazy("14 days")),
    "90d": (timedelta(days=89), "day", gettext_lazy("90 days")),
}
_REASONS = {
    Reason.BELOW_THRESHOLD: gettext_lazy("confidence below the threshold"),
    Reason.NEVER_AUTOMATIC: gettext_lazy("label that is never decided automatically"),
    Reason.NO_CONFIDENCE: gettext_lazy("the model gave no confidence"),
    Reason.MODEL_FAILED: gettext_lazy("the model failed"),
    Reason.FLAGGED: gettext_lazy("suspicious text"),
    Reason.RULE_VALUE_ABOVE: gettext_lazy("rule: value above a limit"),
    Reason.RULE_LABEL_IN: gettext_lazy("rule: label"),
    Reason.RULE_FLAG_PRESENT: gettext_lazy("rule: flag"),
    Reason.RULE_MISSING_FIELD: gettext_lazy("rule: missing field"),
    Reason.RESTRICTED_TO_PEOPLE: gettext_lazy("automation is limited"),
    Reason.RESTRICTED_THRESHOLD: gettext_lazy("automation is limited: higher threshold"),
    Reason.GIVEN_UP: gettext_lazy("given up, then sent by a person"),
}


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def workflow_list(request: WorkspaceRequest, workspace: str) -> HttpResponse:
    """Show every workflow with its figures of the last 14 days."""
    known = workflows()
    found = summaries([workflow.id for workflow in known], _period(_USUAL))
    queues = queues_for(request.actor)
    rows: list[dict[str, Any]] = []
    for workflow in known:
        summary, totals = found[workflow.id], totals_of([queue for queue in queues if queue.workflow_id == workflow.id])
        rows.append(
            {
                "workflow": workflow,
                "items": summary.items,
                "coverage": summary.coverage,
                "overturn_rate": summary.overturns.rate,
                "overturn_n": summary.overturns.n,
                "waiting": totals["depth"],
                "overdue": totals["overdue"],
            },
        )
    return render(request, "review/workflows.html", {"nav": "workflows", "rows": rows})


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def workflow_page(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Show the owner's page."""
    workflow = access_workflow(key)
    chosen = request.GET.get("period", _USUAL)
    if chosen not in _PERIODS:
        chosen = _USUAL
    queues = [queue for queue in queues_for(request.actor) if queue.workflow_id == workflow.id]
    stats = workflow_stats(workflow.id, _period(chosen))
    context = {
        "nav": "workflows",
        "workflow": workflow,
        "titles": contract_facts(workflow.contract_id).label_titles if workflow.contract_id else {},
        "restrictions": [(_(CAUSE_SENTENCES.get(one.cause, OTHER_CAUSE)), one) for one in running_limits(workflow.id)],
        "budgets": active_budgets(workflow.id),
        "drift": drift_level(workflow),
        "period": chosen,
        "periods": [(name, title) for name, (_span, _unit, title) in _PERIODS.items()],
        "stats": stats,
        "reasons": [_reason(one) for one in stats.reasons],
        "queues": queues,
        "totals": totals_of(queues),
    }
    return render(request, "review/workflow.html", context)


def _period(key: str) -> Period:
    """Return the period up to now: whole days before today and today, or whole hours."""
    span, unit, _title = _PERIODS[key]
    now = timezone.localtime()
    since = (now - span).replace(minute=0, second=0, microsecond=0)
    return Period(since=since.replace(hour=0) if unit == "day" else since, until=now, unit=unit)


def _reason(one: ReasonCount) -> dict[str, Any]:
    return {"text": _REASONS.get(Reason(one.code), one.code), "count": one.count, "share": one.share}

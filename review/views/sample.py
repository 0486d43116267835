"""A workflow's calibration sample: its plan, what is answered and open, and what it would certify."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from governance.domain import Capability, ProductError
from governance.views.access import WorkspaceRequest, workspace_page
from review.forms import PlanForm
from routing.domain.sampling import Planned
from routing.selectors.days import today
from routing.selectors.refusals import refusal_sentence
from routing.selectors.sample_state import SampleState, WindowFacts, is_complete, sample_state
from routing.selectors.workflows import access_workflow
from routing.services.certificates import try_again
from routing.services.sample_plan import Promise, set_plan


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def sample(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Show the plan and how the sample stands."""
    return _page(request, key)


@require_POST
@workspace_page(Capability.CONFIGURE)
def sample_plan(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Plan the sample anew."""
    workflow = access_workflow(key)
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _page(request, key, form)
    try:
        with transaction.atomic():
            set_plan(actor=request.actor, workflow=workflow, promise=Promise(**form.content()))
    except ProductError as refused:
        field = str(refused.extra.get("pointer", "")).strip("/")
        form.add_error(field if field in form.fields else None, str(refused))
        return _page(request, key, form)
    messages.success(request, _("The sample is drawn by this plan from now on."))
    return redirect("review:sample", workspace=workspace, key=key)


@require_POST
@workspace_page(Capability.CONFIGURE)
def sample_try_again(request: WorkspaceRequest, workspace: str, key: str, number: int) -> HttpResponse:
    """Judge a refused window once more."""
    workflow = access_workflow(key)
    try:
        with transaction.atomic():
            window = try_again(actor=request.actor, workflow=workflow, number=number)
    except ProductError as refused:
        messages.error(request, str(refused))
    else:
        said = refusal_sentence(window.refusal)
        messages.info(request, said or _("The window is judged once more."))
    return redirect("review:sample", workspace=workspace, key=key)


def _page(request: WorkspaceRequest, key: str, form: PlanForm | None = None) -> HttpResponse:
    workflow = access_workflow(key)
    state = sample_state(workflow)
    context = {
        "nav": "workflows",
        "tab": "sample",
        "workflow": workflow,
        "state": state,
        "needed": state.needed,
        "is_possible": isinstance(state.needed, Planned),
        "form": form or PlanForm(initial=_initial(state) | _asked(request)),
        "open_windows": [_open(window) for window in state.open_windows],
        "today": today(),
        "windows": [(window, refusal_sentence(window.refusal)) for window in state.windows],
        "may_configure": request.actor.can(Capability.CONFIGURE),
    }
    return render(request, "review/sample.html", context)


def _initial(state: SampleState) -> dict[str, Any]:
    by_hand = {"rate": f"{state.rate * 100:g}"}
    if state.plan is None:
        return by_hand
    plan = state.plan
    return by_hand | {
        "target": f"{plan.target * 100:g}",
        "every_days": plan.every_days,
        "delta": f"{plan.delta:g}",
        "mode": plan.mode,
    }


def _asked(request: WorkspaceRequest) -> dict[str, Any]:
    """Return the share that the address proposes, as the tuner's ways out do; nothing where it makes no sense."""
    try:
        rate = float(request.GET.get("rate", ""))
    except ValueError:
        return {}
    return {"mode": "by_hand", "rate": f"{rate * 100:g}"} if 0 < rate <= 1 else {}


def _open(window: WindowFacts) -> dict[str, Any]:
    found = window.judgement
    assert found is not None  # noqa: S101 - as in SampleState.open_windows
    reason = {"reason": found.reason, "missing": found.missing}
    return {
        "window": window,
        "found": found,
        "verdict": found.verdict,
        "sure": 1 - found.level,
        "text": refusal_sentence(reason) if found.reason else "",
        "days": [(cohort, is_complete(cohort, target=window.target)) for cohort in found.cohorts],
    }

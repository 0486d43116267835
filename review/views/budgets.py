"""A workflow's error budgets: how they stand, and the forms by which an owner sets them."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from governance.domain import Capability, NotFoundError, ProductError
from governance.views.access import WorkspaceRequest, workspace_page
from review.forms import BudgetForm
from routing.selectors.budgets import access_budget, budgets_of
from routing.selectors.workflows import access_workflow
from routing.services.budgets import create_budget, restore_budget, retire_budget
from routing.services.limit_rows import REASON_LENGTH


@require_safe
@workspace_page(Capability.SEE_WORKFLOWS)
def budgets(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Show every budget with its bound and the way it has come."""
    return _page(request, key, BudgetForm())


@require_POST
@workspace_page(Capability.CONFIGURE)
def budget_add(request: WorkspaceRequest, workspace: str, key: str) -> HttpResponse:
    """Keep one more budget."""
    workflow = access_workflow(key)
    form = BudgetForm(request.POST)
    if not form.is_valid():
        return _page(request, key, form)
    try:
        with transaction.atomic():
            create_budget(actor=request.actor, workflow=workflow, **form.content())
    except ProductError as refused:
        field = refused.extra.get("field")
        form.add_error(field if field in form.fields else None, str(refused))
        return _page(request, key, form)
    messages.success(request, _("The budget is kept from now on."))
    return redirect("review:budgets", workspace=workspace, key=key)


@require_POST
@workspace_page(Capability.CONFIGURE)
def budget_restore(request: WorkspaceRequest, workspace: str, key: str, budget_id: UUID) -> HttpResponse:
    """Let the policy decide again for the part of a spent budget."""
    done = _("The policy decides again, and the budget counts anew.")
    return _act(request, workspace, key, budget_id, restore_budget, done)


@require_POST
@workspace_page(Capability.CONFIGURE)
def budget_retire(request: WorkspaceRequest, workspace: str, key: str, budget_id: UUID) -> HttpResponse:
    """Give a budget up."""
    return _act(request, workspace, key, budget_id, retire_budget, _("The budget is given up."))


def _act(
    request: WorkspaceRequest, workspace: str, key: str, budget_id: UUID, act: Callable[..., object], done: str
) -> HttpResponse:
    """Do it for the reason given and say so, or say why not."""
    workflow = access_workflow(key)
    if access_budget(budget_id).workflow_id != workflow.id:
        raise NotFoundError
    try:
        with transaction.atomic():
            act(actor=request.actor, budget_id=budget_id, reason=request.POST.get("reason", ""))
    except ProductError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect("review:budgets", workspace=workspace, key=key)


def _page(request: WorkspaceRequest, key: str, form: BudgetForm) -> HttpResponse:
    workflow = access_workflow(key)
    context = {
        "nav": "workflows",
        "tab": "budgets",
        "workflow": workflow,
        "budgets": budgets_of(workflow),
        "form": form,
        "may_configure": request.actor.can(Capability.CONFIGURE),
        "reason_length": REASON_LENGTH,
    }
    return render(request, "review/budgets.html", context)

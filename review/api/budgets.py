"""A workflow's error budgets: how they stand, and what an owner sets."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import budget_shapes as shapes
from review.api.reason import ReasonShape, reason_of
from routing.selectors.budgets import budgets_of
from routing.selectors.workflows import access_workflow
from routing.services.budgets import change_budget, create_budget, restore_budget, retire_budget
from routing.services.limit_rows import REASON_LENGTH

_SEGMENT = 63
_TARGET = (0.0001, 0.5)
_DELTA = (0.001, 0.5)


class WorkflowBudgets(ApiView):
    """The budgets of one workflow."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS, "POST": Capability.CONFIGURE}

    @extend_schema(operation_id="list_budgets", tags=["thresholds"], responses={200: shapes.BudgetsShape} | REFUSALS)
    def get(self, _request: Request, workflow_key: str) -> HttpResponse:
        """Return every budget with its bound, and the way the bound has come."""
        budgets = budgets_of(access_workflow(workflow_key))
        return json_response({"budgets": [asdict(budget) for budget in budgets]})

    @extend_schema(
        operation_id="create_budget",
        tags=["thresholds"],
        request=shapes.NewBudgetShape,
        responses={201: shapes.ChangedBudgetShape} | REFUSALS,
    )
    def post(self, request: Request, workflow_key: str) -> HttpResponse:
        """Keep a budget for the workflow or a part of it; 409 where the part has one."""
        workflow = access_workflow(workflow_key)
        body = Body(request.data, known={"target", "segment", "value_above", "delta"})
        if body.any("target") is None:
            body.refuse("/target", "required", "This member is required.")
        values: dict[str, Any] = _shares(body)
        values["segment"] = body.text("segment", most=_SEGMENT)
        values["value_above"] = body.number("value_above")
        body.close()
        budget = create_budget(actor=self.actor, workflow=workflow, **values)
        return json_response(_changed(budget), status=HTTPStatus.CREATED)


class BudgetView(ApiView):
    """One budget."""

    required: ClassVar[dict[str, Capability]] = {"PATCH": Capability.CONFIGURE}
    http_method_names = ["patch"]

    @extend_schema(
        operation_id="change_budget",
        tags=["thresholds"],
        request=shapes.BudgetChangeShape,
        responses={200: shapes.ChangedBudgetShape} | REFUSALS,
    )
    def patch(self, request: Request, budget_id: UUID) -> HttpResponse:
        """Set target or delta, or give the budget up, and with it the limit that it led to."""
        body = Body(request.data, known={"target", "delta", "is_active", "reason"})
        values = _shares(body)
        is_kept = body.any("is_active")
        if body.has("is_active") and not isinstance(is_kept, bool):
            body.refuse("/is_active", "type", "true or false is expected.")
        reason = body.text("reason", most=REASON_LENGTH, is_required=is_kept is False)
        body.close()
        budget = change_budget(actor=self.actor, budget_id=budget_id, **values)
        if is_kept is False:
            budget = retire_budget(actor=self.actor, budget_id=budget_id, reason=reason)
        return json_response(_changed(budget))


class RestoreBudget(ApiView):
    """A spent budget."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="restore_budget",
        tags=["thresholds"],
        request=ReasonShape,
        responses={200: shapes.ChangedBudgetShape} | REFUSALS,
    )
    def post(self, request: Request, budget_id: UUID) -> HttpResponse:
        """Let the policy decide again and count anew from now on; 409 where the budget is not spent."""
        reason = reason_of(request)
        return json_response(_changed(restore_budget(actor=self.actor, budget_id=budget_id, reason=reason)))


def _shares(body: Body) -> dict[str, Any]:
    """Read target and delta where they are given."""
    found: dict[str, Any] = {}
    for name, (least, most) in (("target", _TARGET), ("delta", _DELTA)):
        value = body.number(name)
        if value is None:
            continue
        if not least <= value <= most:
            body.refuse(f"/{name}", "range", f"A share from {least} to {most} is expected.")
        found[name] = value
    return found


def _changed(budget: Any) -> dict[str, Any]:
    return {
        "id": budget.id,
        "segment": budget.segment,
        "value_above": budget.value_above,
        "target": budget.target,
        "delta": budget.delta,
        "state": budget.state,
        "is_active": budget.is_active,
    }

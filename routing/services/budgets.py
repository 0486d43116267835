"""Error budgets: set by an owner, and restored by one when they are spent."""

import math
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, Capability, ConflictError, InvalidError
from governance.services import audit
from governance.services.editing import put
from governance.services.rights import require
from routing import actions
from routing.models import DELTA, BudgetState, ErrorBudget, RestrictionCause, Workflow
from routing.selectors.budgets import access_budget
from routing.selectors.workflows import WorkflowFacts
from routing.services.limit_rows import reason_said, time_now
from routing.services.limits import lift
from routing.services.rows import lock_workflow

CHANGEABLE = frozenset({"target", "delta"})
# What the watch writes.
_UNCHECKED = ("workspace", "workflow", "counts_from", "model_version_id", "evaluated_at", "spent_at", "restriction")
_LEAST_DELTA, _MOST_DELTA = 0.001, 0.5


class BudgetTakenError(ConflictError):
    """The part of the workflow has a budget already."""

    code = "budget_taken"
    title = gettext_noop("This part has an error budget already")


class NotSpentError(ConflictError):
    """There is nothing to restore."""

    code = "budget_not_spent"
    title = gettext_noop("The error budget is not spent")


def create_budget(
    *,
    actor: Actor,
    workflow: Workflow | WorkflowFacts,
    target: float,
    segment: str = "",
    value_above: float | None = None,
    delta: float = DELTA,
) -> ErrorBudget:
    """Keep a budget for the workflow or a part of it; it counts what the model in charge has been answered on so far."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        budget = ErrorBudget(workspace_id=locked.workspace_id, workflow=locked)
        part = {"segment": segment.strip(), "value_above": value_above}
        put(budget, part | {"target": target, "delta": delta}, changeable={*part, *CHANGEABLE}, unchecked=_UNCHECKED)
        _check(budget)
        if ErrorBudget.objects.filter(workflow=locked, is_active=True, **_matching(budget)).exists():
            raise BudgetTakenError(
                _("There is a budget for these items already; change that one."), extra={"field": "segment"}
            )
        budget.save(force_insert=True)
        _record(actor, budget, actions.BUDGET_CREATED, described(budget))
        return budget


def change_budget(*, actor: Actor, budget_id: UUID, **content: Any) -> ErrorBudget:
    """Set target or delta; a spent budget stays spent until somebody restores it."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        budget = lock_budget(budget_id)
        changes = put(budget, content, changeable=CHANGEABLE, unchecked=_UNCHECKED)
        _check(budget)
        if changes:
            budget.save(update_fields=list(changes))
            _record(actor, budget, actions.BUDGET_CHANGED, {"budget": str(budget.id), "changes": changes})
        return budget


def retire_budget(*, actor: Actor, budget_id: UUID, reason: str) -> ErrorBudget:
    """Give the budget up, and with it the limit that it led to."""
    said = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        budget = lock_budget(budget_id)
        budget.is_active = False
        budget.save(update_fields=["is_active"])
        _record(actor, budget, actions.BUDGET_RETIRED, {"budget": str(budget.id), "reason": said})
        lift_limit(actor, budget, said)
        return budget


def restore_budget(*, actor: Actor, budget_id: UUID, reason: str) -> ErrorBudget:
    """Let the policy decide again for the part of a spent budget, and count anew from now on."""
    said = reason_said(reason)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        budget = lock_budget(budget_id)
        if budget.state != BudgetState.SPENT:
            raise NotSpentError(_("There is nothing to restore: this error budget is not spent."))
        begin_anew(actor, budget, reason=said)
        return budget


def begin_anew(actor: Actor, budget: ErrorBudget, *, reason: str, certificate: UUID | None = None) -> None:
    """Count from now on and lift the limit; the caller holds the budget's row."""
    budget.state, budget.spent_at, budget.restriction = BudgetState.MEASURING, None, None
    budget.n, budget.wrong, budget.upper, budget.lower = 0, 0, 1.0, 0.0
    budget.counts_from = time_now()
    budget.save()
    named = str(certificate) if certificate else None
    data = {"budget": str(budget.id), "certificate": named, "reason": reason}
    _record(actor, budget, actions.BUDGET_RESTORED, data)
    lift_limit(actor, budget, reason)


def lift_limit(actor: Actor, budget: ErrorBudget, reason: str) -> None:
    """End the limit that the budget led to, if it runs."""
    lift(
        actor=actor,
        workflow=budget.workflow,
        cause=RestrictionCause.BUDGET,
        segment=budget.segment,
        value_above=budget.value_above,
        reason=reason,
    )


def lock_budget(budget_id: UUID) -> ErrorBudget:
    """Return the row of a budget that is kept, locked, or say that there is none; behind it comes the workflow's."""
    locked = ErrorBudget.objects.select_for_update(of=("self",)).select_related("workflow")
    found = locked.filter(id=budget_id, is_active=True).first()
    # Where no row was locked there is none to be found either, which is said in one place.
    return found or access_budget(budget_id)


def described(budget: ErrorBudget) -> dict[str, Any]:
    """Return what the trail tells of a budget."""
    return {
        "budget": str(budget.id),
        "segment": budget.segment,
        "value_above": budget.value_above,
        "target": budget.target,
        "delta": budget.delta,
    }


def _matching(budget: ErrorBudget) -> dict[str, Any]:
    above = {"value_above__isnull": True} if budget.value_above is None else {"value_above": budget.value_above}
    return {"segment": budget.segment} | above


def _check(budget: ErrorBudget) -> None:
    if not _LEAST_DELTA <= budget.delta <= _MOST_DELTA:
        raise InvalidError(_("The chance of being wrong must lie between 0.001 and 0.5."), extra={"field": "delta"})
    if budget.value_above is not None and not math.isfinite(budget.value_above):
        raise InvalidError(_("The value must be a number."), extra={"field": "value_above"})


def _record(actor: Actor, budget: ErrorBudget, action: str, data: dict[str, Any]) -> None:
    audit.record(actor=actor, action=action, stream=("workflow", budget.workflow_id), data=data)

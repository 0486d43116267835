"""Error budgets that are kept, looked at and spent."""

import json
from typing import Any

from django.utils import timezone

from governance.domain import system_actor, uuid7
from governance.models import AuditEvent, AuditPayload
from routing.models import ErrorBudget, Policy, PolicyProposal, PolicyVersion
from routing.selectors.workflows import access_workflow
from routing.services.budget_watch import evaluate_budgets
from routing.services.budgets import create_budget
from tests.conftest import House
from tests.drawn import draw_rows

# 1 % wants 435 answers without a wrong one; 2 % fewer.
LOOSE = 0.05
ENOUGH = 120


def told(action: str) -> dict[str, Any]:
    event = AuditEvent.objects.get(action=action)
    data: dict[str, Any] = json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))
    return data


def budget_of(house: House, target: float = LOOSE, **part: Any) -> ErrorBudget:
    return create_budget(actor=house.actor(house.owner), workflow=house.workflow, target=target, **part)


def look(house: House, budget: ErrorBudget) -> ErrorBudget:
    evaluate_budgets(actor=system_actor(house.workspace.id), workflow=access_workflow(house.workflow.key))
    budget.refresh_from_db()
    return budget


def spent(house: House, **part: Any) -> ErrorBudget:
    """Return a budget that was within and then met too many wrong answers."""
    budget = budget_of(house, **part)
    facts = {"segment": part.get("segment", ""), "value": part["value_above"] + 1 if "value_above" in part else None}
    draw_rows(house, ENOUGH, **facts)
    assert look(house, budget).state == "within"
    draw_rows(house, 6, wrong=range(6), **facts)
    return look(house, budget)


def stage(house: House) -> PolicyProposal:
    """Let a laxer version route a quarter of the items."""
    version = PolicyVersion.objects.create(
        workspace=house.workspace,
        policy=Policy.objects.get(workflow=house.workflow),
        number=2,
        body={"default_threshold": 0.8, "queue": "triage"},
    )
    proposal = PolicyProposal.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        version=version,
        base_version=house.workflow.policy_version,
        reason="more automation",
        state="staged",
        share=0.25,
        proposed_by_id=uuid7(),
        staged_at=timezone.now(),
    )
    house.workflow.candidate_version, house.workflow.candidate_share = version, 0.25
    house.workflow.save()
    return proposal

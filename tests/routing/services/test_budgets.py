"""Error budgets: what they count, when they are spent, and who lets automation go on."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.domain import ForbiddenError, InvalidError, NotFoundError, system_actor, uuid7
from governance.models import AuditEvent, AuditPayload, Notice
from routing.models import (
    Certificate,
    ErrorBudget,
    Model,
    ModelVersion,
    Observation,
    Policy,
    PolicyProposal,
    PolicyVersion,
    RoutingDecision,
    SampleWindow,
)
from routing.selectors.budgets import budgets_of
from routing.selectors.restrictions import running_limits
from routing.selectors.workflows import access_workflow
from routing.services import budget_watch
from routing.services.budget_watch import evaluate_budgets
from routing.services.budgets import (
    BudgetTakenError,
    NotSpentError,
    change_budget,
    create_budget,
    restore_budget,
    retire_budget,
)
from routing.services.limit_rows import ReasonMissingError
from tests.conftest import House
from tests.drawn import answer_rows, draw_rows, route_rows

pytestmark = pytest.mark.services

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


@pytest.mark.parametrize(("n", "state"), [(434, "measuring"), (435, "within")])
def test_one_per_cent_takes_435_right_answers(house: House, n: int, state: str) -> None:
    budget = budget_of(house, 0.01)
    draw_rows(house, n)
    assert (look(house, budget).state, budget.n, budget.wrong) == (state, n, 0)
    assert (budget.upper <= 0.01) == (state == "within")
    assert not running_limits(house.workflow.id)


def test_a_part_counts_its_own_items_alone(house: House) -> None:
    whole, vip, costly = budget_of(house), budget_of(house, segment="vip"), budget_of(house, value_above=1000.0)
    draw_rows(house, 30)
    draw_rows(house, 20, segment="vip", value=1000.0)
    draw_rows(house, 10, value=1000.5, wrong=[3])
    assert [look(house, one).n for one in (whole, vip, costly)] == [60, 20, 10]
    assert [one.wrong for one in (whole, vip, costly)] == [1, 0, 1]


def test_only_drawn_items_that_the_policy_accepts_count(house: House) -> None:
    budget = budget_of(house)
    draw_rows(house, 30)
    answer_rows(route_rows(house, [0.5] * 40, drawn=True, disposition="review"), wrong=range(40))
    answer_rows(route_rows(house, [0.99] * 20))
    draw_rows(house, 5, flags=["instruction_like"], wrong=range(5))
    assert (look(house, budget).n, budget.wrong) == (30, 0)


def test_a_spent_budget_sends_its_part_to_people_visibly(house: House) -> None:
    budget = spent(house, value_above=1000.0)
    (running,) = running_limits(house.workflow.id)
    assert budget.state == "spent"
    assert budget.restriction_id is not None
    assert (running.cause, running.effect, running.value_above, running.segment) == ("budget", "people", 1000.0, "")
    assert "6 of 126 sampled answers on items with a value above 1,000 were wrong" in running.reason
    assert (told("budget.spent")["n"], told("budget.spent")["wrong"]) == (126, 6)

    cheap, costly = house.receive("a", confidence=0.99, value=1.0) + house.receive("b", confidence=0.99, value=2e3)
    house.route()
    went = dict(RoutingDecision.objects.filter(item_id__in=[cheap, costly]).values_list("item_id", "disposition"))
    assert went == {cheap: "auto_accept", costly: "review"}


def test_the_owners_are_told_once(house: House) -> None:
    budget = spent(house)
    for _again in range(3):
        look(house, budget)
    told_to = Notice.objects.filter(kind="alarm")
    assert {notice.person_id for notice in told_to} == {house.owner.id, house.admin.id}
    assert told_to.count() == 2
    assert "error budget is spent" in told_to[0].text
    assert (told_to[0].object_kind, told_to[0].object_id) == ("workflow", house.workflow.id)
    assert AuditEvent.objects.filter(action="budget.spent").count() == 1


def test_the_lower_end_above_the_target_spends_a_budget_that_was_never_within(house: House) -> None:
    budget = budget_of(house, 0.01)
    draw_rows(house, 40, wrong=range(0, 40, 4))
    assert look(house, budget).state == "spent"
    assert budget.lower > 0.01


def test_right_answers_do_not_restore_it(house: House) -> None:
    budget = spent(house)
    draw_rows(house, 600)
    assert look(house, budget).state == "spent"
    assert budget.upper < LOOSE
    assert running_limits(house.workflow.id)


def test_a_disagreement_counts_as_wrong_until_it_is_adjudicated(house: House) -> None:
    budget = budget_of(house)
    decisions = draw_rows(house, 50, wrong=[7], open_=[7, 8])
    assert (look(house, budget).n, budget.wrong) == (50, 2)
    Observation.objects.filter(item_id=decisions[8].item_id).update(wrong=False, closed_at=timezone.now())
    assert (look(house, budget).n, budget.wrong) == (50, 1)
    assert budgets_of(access_workflow(house.workflow.key))[0].unadjudicated == 1


@pytest.mark.parametrize(
    ("days_ago", "n", "wrong", "held"), [(0, 10, 0, 320), (2, 330, 1, 0)], ids=["today", "a-day-that-closed"]
)
def test_an_open_item_holds_back_those_after_it_until_its_day_closes(
    house: House, days_ago: int, n: int, wrong: int, held: int
) -> None:
    """A day that is over closes where at most a tenth of the target of it is open: here one item of 330, at 5 %."""
    at = timezone.now() - timedelta(days=days_ago)
    budget = budget_of(house)
    first = route_rows(house, [0.99] * 30, drawn=True, occurred_at=at)
    answer_rows(first[:10] + first[11:])
    draw_rows(house, 300, occurred_at=at)
    assert (look(house, budget).n, budget.wrong) == (n, wrong)
    assert budgets_of(access_workflow(house.workflow.key))[0].held == held


def test_it_starts_anew_with_a_model_version(house: House) -> None:
    budget = budget_of(house)
    draw_rows(house, ENOUGH)
    assert look(house, budget).state == "within"
    newer = ModelVersion.objects.create(
        workspace=house.workspace, model=Model.objects.get(workflow=house.workflow), version="2", backend="external"
    )
    house.workflow.model_version = newer
    house.workflow.save()
    assert (look(house, budget).state, budget.n, budget.upper) == ("measuring", 0, 1.0)
    assert budget.model_version_id == newer.id


def test_a_new_model_version_does_not_restore_it(house: House) -> None:
    budget = spent(house)
    house.workflow.model_version = ModelVersion.objects.create(
        workspace=house.workspace, model=Model.objects.get(workflow=house.workflow), version="2", backend="external"
    )
    house.workflow.save()
    assert (look(house, budget).state, budget.n) == ("spent", 0)
    assert running_limits(house.workflow.id)


def test_an_owner_restores_it_and_it_counts_anew(house: House) -> None:
    budget = spent(house, segment="vip")
    restore_budget(actor=house.actor(house.owner), budget_id=budget.id, reason="labels were\n corrected")
    assert not running_limits(house.workflow.id)
    assert told("budget.restored")["reason"] == "labels were corrected"
    assert (look(house, budget).state, budget.n, budget.spent_at) == ("measuring", 0, None)
    draw_rows(house, 4, segment="vip")
    assert look(house, budget).n == 4
    with pytest.raises(NotSpentError), transaction.atomic():
        restore_budget(actor=house.actor(house.owner), budget_id=budget.id, reason="again")


def certified(house: House, **over: Any) -> Certificate:
    """Store a certificate that is valid now."""
    today = timezone.now().date()
    number = SampleWindow.objects.count() + 1
    window = SampleWindow.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        number=number,
        first_day=today - timedelta(days=number),
        last_day=today - timedelta(days=number),
        target=0.02,
        delta=0.05,
        state="certified",
        closed_at=timezone.now(),
    )
    facts = {
        "workspace": house.workspace,
        "workflow": house.workflow,
        "window": window,
        "number": number,
        "model_version_id": house.workflow.model_version_id,
        "policy_version_id": house.workflow.policy_version_id,
        "contract_id": house.workflow.contract_id,
        "target": 0.02,
        "delta": 0.05,
        "attempt": 1,
        "method": "fixed_sequence",
        "threshold": 0.9,
        "n": 400,
        "wrong": 1,
        "bound": 0.012,
        "p_value": 0.01,
        "coverage": 0.6,
        "details": {},
        "data_sha256": "0" * 64,
        "issued_at": timezone.now(),
        "expires_at": timezone.now() + timedelta(days=14),
    }
    return Certificate.objects.create(**(facts | over))


@pytest.mark.parametrize(
    ("part", "over", "is_restored"),
    [
        ({}, {}, True),
        ({}, {"bound": 0.07, "target": 0.08}, False),
        ({}, {"issued_at": timezone.now() - timedelta(days=1)}, False),
        ({"value_above": 1000.0}, {}, False),
        ({"segment": "vip"}, {}, False),
    ],
    ids=["new", "looser-than-the-budget", "from-before", "costly-items", "another-part"],
)
def test_a_new_certificate_for_the_same_items_restores_it(
    house: House, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any], over: dict[str, Any], is_restored: bool
) -> None:
    budget = spent(house, **part)
    certificate = certified(house, **over)
    # Which one is valid is for the certificates' own tests.
    monkeypatch.setattr(budget_watch, "valid_certificate", lambda _workflow_id: certificate)
    assert look(house, budget).state == ("measuring" if is_restored else "spent")
    assert bool(running_limits(house.workflow.id)) != is_restored


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


def test_what_a_staged_version_accepts_counts_while_it_is_staged(house: House) -> None:
    budget = budget_of(house)
    stage(house)
    answer_rows(route_rows(house, [0.85] * 20, drawn=True), wrong=[1])
    answer_rows(route_rows(house, [0.85] * 20, drawn=True, disposition="review"))
    assert (look(house, budget).n, budget.wrong) == (20, 1)
    PolicyProposal.objects.update(state="rolled_back")
    assert look(house, budget).n == 0


def test_what_is_staged_is_taken_back(house: House) -> None:
    proposal = stage(house)
    spent(house)
    proposal.refresh_from_db()
    house.workflow.refresh_from_db()
    assert (proposal.state, house.workflow.candidate_version_id) == ("rolled_back", None)


def test_a_budget_that_is_given_up_takes_its_limit_with_it(house: House) -> None:
    budget = spent(house)
    retire_budget(actor=house.actor(house.owner), budget_id=budget.id, reason="no longer promised")
    assert not running_limits(house.workflow.id)
    with pytest.raises(NotFoundError), transaction.atomic():
        restore_budget(actor=house.actor(house.owner), budget_id=budget.id, reason="after all")
    assert budget_of(house).id != budget.id


def test_a_part_has_one_budget(house: House) -> None:
    budget_of(house, value_above=5.0)
    budget_of(house)
    for part in ({"value_above": 5.0}, {}):
        with pytest.raises(BudgetTakenError), transaction.atomic():
            budget_of(house, **part)


def test_a_changed_target_is_looked_at_anew(house: House) -> None:
    budget = budget_of(house)
    draw_rows(house, ENOUGH)
    assert look(house, budget).state == "within"
    change_budget(actor=house.actor(house.owner), budget_id=budget.id, target=0.01)
    assert told("budget.changed")["changes"] == {"target": [LOOSE, 0.01]}
    assert look(house, budget).state == "measuring"


@pytest.mark.parametrize(
    "wrongly",
    [{"target": 0.0}, {"target": 0.9}, {"delta": 0.9}, {"value_above": float("inf")}, {"segment": "x" * 64}],
    ids=["no-target", "loose", "delta", "value", "segment"],
)
def test_what_can_be_no_budget_is_refused(house: House, wrongly: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as refused, transaction.atomic():
        budget_of(house, **({"target": 0.01} | wrongly))
    assert refused.value.extra["field"] == next(iter(wrongly))
    assert not ErrorBudget.objects.exists()


@pytest.mark.parametrize("role", ["reviewer", "lead", "auditor", "integrator"])
def test_only_who_configures_may_touch_it(house: House, role: str) -> None:
    budget = spent(house)
    actor = house.actor(house.people[role])
    for act in (
        lambda: create_budget(actor=actor, workflow=house.workflow, target=0.01, segment="vip"),
        lambda: change_budget(actor=actor, budget_id=budget.id, target=0.02),
        lambda: retire_budget(actor=actor, budget_id=budget.id, reason="no"),
        lambda: restore_budget(actor=actor, budget_id=budget.id, reason="yes"),
    ):
        with pytest.raises(ForbiddenError), transaction.atomic():
            act()
    assert look(house, budget).state == "spent"


def test_a_reason_is_asked_for(house: House) -> None:
    budget = spent(house)
    for act in (restore_budget, retire_budget):
        with pytest.raises(ReasonMissingError), transaction.atomic():
            act(actor=house.actor(house.owner), budget_id=budget.id, reason=" ")

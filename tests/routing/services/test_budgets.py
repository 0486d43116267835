"""Error budgets: what they count, and how an owner keeps them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.domain import ForbiddenError, InvalidError, NotFoundError
from routing.models import ErrorBudget, Model, ModelVersion, Observation, PolicyProposal
from routing.selectors.budgets import budgets_of
from routing.selectors.restrictions import running_limits
from routing.selectors.workflows import access_workflow
from routing.services.budgets import BudgetTakenError, change_budget, create_budget, restore_budget, retire_budget
from routing.services.limit_rows import ReasonMissingError
from tests.conftest import House
from tests.drawn import answer_rows, draw_rows, route_rows
from tests.routing.services.budgeting import ENOUGH, LOOSE, budget_of, look, spent, stage, told


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


def test_what_a_staged_version_accepts_counts_while_it_is_staged(house: House) -> None:
    budget = budget_of(house)
    stage(house)
    answer_rows(route_rows(house, [0.85] * 20, drawn=True), wrong=[1])
    answer_rows(route_rows(house, [0.85] * 20, drawn=True, disposition="review"))
    assert (look(house, budget).n, budget.wrong) == (20, 1)
    PolicyProposal.objects.update(state="rolled_back")
    assert look(house, budget).n == 0


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

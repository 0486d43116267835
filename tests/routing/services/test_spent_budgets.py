"""What a spent budget leads to, and what restores it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.models import AuditEvent, Notice
from routing.models import Model, ModelVersion, RoutingDecision
from routing.selectors.restrictions import running_limits
from routing.services import budget_watch
from routing.services.budgets import NotSpentError, restore_budget
from tests.certified import certificate_row
from tests.conftest import House
from tests.drawn import draw_rows
from tests.routing.services.budgeting import LOOSE, budget_of, look, spent, stage, told


@pytest.mark.services
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
    certificate = certificate_row(house, **over)
    # Which one is valid is for the certificates' own tests.
    monkeypatch.setattr(budget_watch, "valid_certificate", lambda _workflow_id: certificate)
    assert look(house, budget).state == ("measuring" if is_restored else "spent")
    assert bool(running_limits(house.workflow.id)) != is_restored


def test_what_is_staged_is_taken_back(house: House) -> None:
    proposal = stage(house)
    spent(house)
    proposal.refresh_from_db()
    house.workflow.refresh_from_db()
    assert (proposal.state, house.workflow.candidate_version_id) == ("rolled_back", None)

"""Error budgets over the API: read by who sees workflows, set by who configures."""

from typing import Any

import pytest

from governance.domain import system_actor, uuid7
from governance.selectors.scope import enter_workspace
from routing.models import ErrorBudget
from routing.selectors.workflows import access_workflow
from routing.services.budget_watch import evaluate_budgets
from tests.conftest import House, build_house
from tests.drawn import draw_rows
from tests.review.api.conftest import Api

BUDGETS = "/api/v1/workflows/support-triage/budgets/"


def one(budget_id: object, act: str = "") -> str:
    return f"/api/v1/budgets/{budget_id}/{act}"


def look(house: House) -> None:
    evaluate_budgets(actor=system_actor(house.workspace.id), workflow=access_workflow(house.workflow.key))


def pointers(answer: Any) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


def test_a_budget_is_created_and_read_with_its_path(house: House, api: Api) -> None:
    owner = api(house.owner)
    made = owner.post(BUDGETS, {"target": 0.05, "value_above": 1000}, format="json")
    assert (made.status_code, made.json()["state"], made.json()["value_above"]) == (201, "measuring", 1000.0)
    draw_rows(house, 130, value=2000.0, wrong=[4], open_=[4])
    look(house)
    (budget,) = api(house.auditor).get(BUDGETS).json()["budgets"]
    assert (budget["n"], budget["wrong"], budget["unadjudicated"], budget["held"]) == (130, 1, 1, 0)
    assert budget["path"][-1] == {"n": 130, "wrong": 1, "upper": budget["upper"], "lower": budget["lower"]}
    assert [point["wrong"] for point in budget["path"] if point["n"] in (4, 5)] == [0, 1]
    assert budget["path"] == sorted(budget["path"], key=lambda point: point["n"])
    assert (budget["until_within"] is None) == (budget["state"] == "within")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/target"),
        ({"target": "low"}, "/target"),
        ({"target": 0}, "/target"),
        ({"target": 0.51}, "/target"),
        ({"target": 0.01, "delta": 1}, "/delta"),
        ({"target": 0.01, "segment": "x" * 64}, "/segment"),
        ({"target": 0.01, "value_above": "many"}, "/value_above"),
        ({"target": 0.01, "state": "within"}, "/state"),
    ],
    ids=["nothing", "text", "nought", "loose", "delta", "segment", "value", "unknown"],
)
def test_a_body_that_is_no_budget_says_where(house: House, api: Api, body: dict[str, Any], pointer: str) -> None:
    answer = api(house.owner).post(BUDGETS, body, format="json")
    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert not ErrorBudget.objects.exists()


def test_a_part_has_one_budget(house: House, api: Api) -> None:
    owner = api(house.owner)
    assert owner.post(BUDGETS, {"target": 0.05}, format="json").status_code == 201
    again = owner.post(BUDGETS, {"target": 0.01}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "budget_taken")


def test_a_spent_budget_is_restored_with_a_reason(house: House, api: Api) -> None:
    owner = api(house.owner)
    budget_id = owner.post(BUDGETS, {"target": 0.01}, format="json").json()["id"]
    assert owner.post(one(budget_id, "restore/"), {"reason": "x"}, format="json").json()["code"] == "budget_not_spent"
    draw_rows(house, 40, wrong=range(0, 40, 4))
    look(house)
    assert owner.get(BUDGETS).json()["budgets"][0]["state"] == "spent"
    assert pointers(owner.post(one(budget_id, "restore/"), {}, format="json")) == ["/reason"]
    restored = owner.post(one(budget_id, "restore/"), {"reason": "labels corrected"}, format="json")
    assert (restored.status_code, restored.json()["state"]) == (200, "measuring")
    assert api(house.lead).post(one(budget_id, "restore/"), {"reason": "x"}, format="json").status_code == 403


def test_a_budget_is_changed_and_given_up(house: House, api: Api) -> None:
    owner = api(house.owner)
    budget_id = owner.post(BUDGETS, {"target": 0.05}, format="json").json()["id"]
    changed = owner.patch(one(budget_id), {"target": 0.02, "delta": 0.1}, format="json")
    assert (changed.status_code, changed.json()["target"], changed.json()["delta"]) == (200, 0.02, 0.1)
    assert pointers(owner.patch(one(budget_id), {"is_active": False}, format="json")) == ["/reason"]
    assert pointers(owner.patch(one(budget_id), {"is_active": 1}, format="json")) == ["/is_active"]
    given_up = owner.patch(one(budget_id), {"is_active": False, "reason": "no longer promised"}, format="json")
    assert (given_up.status_code, given_up.json()["is_active"]) == (200, False)
    assert owner.get(BUDGETS).json() == {"budgets": []}
    assert owner.patch(one(budget_id), {"target": 0.01}, format="json").status_code == 404


def test_what_is_elsewhere_or_nowhere_is_not_found(house: House, api: Api) -> None:
    owner = api(house.owner)
    assert owner.post(one(uuid7(), "restore/"), {"reason": "x"}, format="json").status_code == 404
    assert owner.get("/api/v1/workflows/no-such/budgets/").status_code == 404
    other = build_house()
    enter_workspace(other.workspace.id)
    theirs = ErrorBudget.objects.create(workspace=other.workspace, workflow=other.workflow, target=0.01)
    house.enter()
    assert owner.patch(one(theirs.id), {"target": 0.02}, format="json").status_code == 404

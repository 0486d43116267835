"""The watch: every active workflow in order, apart from each other, and never twice at once."""

from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from governance.models import AuditEvent, Notice
from governance.selectors.scope import enter_workspace
from governance.statements import fetch
from routing import tasks
from routing.models import DriftReference, DriftWindow, ErrorBudget
from routing.services import watch
from routing.services.watch import STEPS, watch_all, watch_workflow
from tests.conftest import House, build_house
from tests.drawn import draw_rows, route_rows
from tests.threads import together

pytestmark = pytest.mark.services


def steps(monkeypatch: pytest.MonkeyPatch, *named: tuple[str, Any]) -> None:
    monkeypatch.setattr(watch, "STEPS", named)


def test_the_steps_come_in_order() -> None:
    assert [name for name, _step in STEPS] == ["drift", "windows", "budgets", "proposals"]


def test_every_minute_all_active_workflows_of_all_workspaces_are_watched(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Any, Any]] = []
    steps(monkeypatch, ("look", lambda *, actor, workflow: seen.append((actor.workspace_id, workflow.id))))
    another = build_house()
    enter_workspace(another.workspace.id)
    another.workflow.state = "paused"
    another.workflow.save()
    third = build_house()
    tasks.watch()
    assert set(seen) == {(one.workspace.id, one.workflow.id) for one in (house, third)}
    (entry,) = (one for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"] == "routing.tasks.watch")
    assert entry["schedule"].total_seconds() == 60
    assert tasks.watch.name == "routing.tasks.watch"


def test_what_fails_is_logged_and_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    build_house()
    seen: list[Any] = []

    def fail(*, actor: Any, workflow: Any) -> None:
        if workflow.id == house.workflow.id:
            fetch("SELECT 1 / 0", {})

    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(watch.log, "exception", lambda event, **facts: logged.append({"event": event} | facts))
    steps(monkeypatch, ("first", fail), ("then", lambda *, actor, workflow: seen.append(workflow.id)))
    assert watch_all() == 2
    assert len(seen) == 2
    assert [(one["event"], one["step"], one["workflow"]) for one in logged] == [
        ("watch_failed", "first", str(house.workflow.id))
    ]


def test_a_step_that_fails_leaves_nothing_half_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = ErrorBudget.objects.create(workspace=house.workspace, workflow=house.workflow, target=0.05)

    def half(*, actor: Any, workflow: Any) -> None:
        ErrorBudget.objects.update(n=5)
        raise DatabaseError

    steps(monkeypatch, ("half", half))
    watch_workflow(workspace_id=house.workspace.id, workflow_id=house.workflow.id)
    house.enter()
    budget.refresh_from_db()
    assert budget.n == 0


def test_the_watch_does_all_there_is_to_do(house: House) -> None:
    budget = ErrorBudget.objects.create(workspace=house.workspace, workflow=house.workflow, target=0.05)
    draw_rows(house, 130)
    route_rows(house, [0.95] * 2_900)
    watch_workflow(workspace_id=house.workspace.id, workflow_id=house.workflow.id)
    house.enter()
    budget.refresh_from_db()
    assert (budget.state, budget.n) == ("within", 130)
    assert (DriftReference.objects.count(), DriftWindow.objects.count()) == (1, 4)


def test_two_watches_at_once_double_nothing(live_db: None) -> None:
    with transaction.atomic():
        house = build_house()
        ErrorBudget.objects.create(workspace=house.workspace, workflow=house.workflow, target=0.05)
        draw_rows(house, 40, wrong=range(20))
        route_rows(house, [0.95] * 1_000)
        route_rows(house, [0.4] * 960)

    def look() -> None:
        watch_workflow(workspace_id=house.workspace.id, workflow_id=house.workflow.id)

    assert together([look] * 4) == [None] * 4
    look()
    with transaction.atomic():
        house.enter()
        assert [window.number for window in DriftWindow.objects.order_by("number")] == [1, 2]
        for action, count in (("drift.reference_set", 1), ("drift.alarm", 1), ("budget.spent", 1)):
            assert AuditEvent.objects.filter(action=action).count() == count, action
        assert Notice.objects.filter(kind="alarm", person=house.owner).count() == 2

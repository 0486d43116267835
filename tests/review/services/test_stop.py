"""A stop binds batches in flight: nothing is accepted automatically once it has been committed."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from governance.models import OutboxMessage
from governance.selectors.scope import enter_workspace
from review.models import Item, Outcome, Review
from review.selectors.board import workflow_stops
from review.services.intake import Submission, receive_items
from review.services.pipeline import process_received
from routing.models import Restriction, RoutingDecision, Workflow
from routing.selectors.workflows import access_workflow
from routing.services.restrictions import binding_restrictions, resume_automation, stop_automation
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.threads import together
from tests.workers import claimed, finish, states

pytestmark = pytest.mark.services


def stop(house: House) -> Any:
    return stop_automation(actor=house.actor(house.lead), workflow=house.workflow, reason="wrong labels")


def test_a_batch_that_was_routed_before_a_stop_goes_to_people_after_it(house: House) -> None:
    house.receive("one", "two", confidence=0.99)
    rows = claimed(house)
    stop(house)
    finish(house, rows)

    assert states(house) == {"in_review": 2}
    assert set(RoutingDecision.objects.values_list("disposition", "reason_code")) == {
        ("review", "restricted_to_people")
    }
    assert not Outcome.objects.exists()
    assert not OutboxMessage.objects.exists()
    assert broken() == {}


def test_the_draw_stays_what_it_was_when_a_batch_is_routed_again(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.receive("one", confidence=0.99)
    rows = claimed(house)
    stop(house)
    finish(house, rows)

    assert RoutingDecision.objects.get().drawn
    assert Review.objects.get().kind == "calibration"
    assert broken() == {}


def test_after_the_stop_is_lifted_the_policy_decides_again(house: House) -> None:
    stop(house)
    house.in_review("one", confidence=0.99)
    resume_automation(actor=house.actor(house.owner), workflow=house.workflow, reason="model replaced")
    house.in_review("two", confidence=0.99)

    assert states(house) == {"in_review": 1, "resolved": 1}
    assert broken() == {}


def test_what_is_held_is_left_as_it_is_and_counted(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(hold_s=600)
    house.in_review("one", "two", confidence=0.99)
    stop(house)
    house.in_review("three", confidence=0.99)

    assert states(house) == {"held": 2, "in_review": 1}
    (workflow,) = workflow_stops()
    assert (workflow.key, workflow.held, workflow.reason) == ("support-triage", 2, "wrong labels")


def test_the_latency_is_that_of_the_last_automatic_acceptance_after_the_stop(house: House) -> None:
    house.in_review("before", confidence=0.99)
    stop(house)
    (clean,) = workflow_stops()
    # As if it had been asked for two seconds earlier, while the batch was being finished.
    accepted_at = RoutingDecision.objects.get().recorded_at
    Restriction.objects.update(since=accepted_at - timedelta(seconds=2))
    (late,) = workflow_stops()

    assert clean.latency_s == 0
    assert late.latency_s == pytest.approx(2)


def test_a_workflow_that_runs_has_no_stop(house: House) -> None:
    (workflow,) = workflow_stops()
    assert (workflow.since, workflow.latency_s, workflow.held) == (None, 0, 0)


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed."""
    with transaction.atomic():
        return build_house()


def inside(house: House, work: Callable[[], Any]) -> Any:
    with transaction.atomic():
        enter_workspace(house.workspace.id)
        return work()


def send(house: House, name: str, count: int) -> None:
    sent = [
        Submission(
            external_id=f"{name}-{number:04d}",
            payload={"text": f"text {number}"},
            predictions=[{"label": "billing", "confidence": 0.99}],
        )
        for number in range(count)
    ]

    def receive() -> None:
        workflow = access_workflow(house.workflow.key)
        receive_items(actor=house.actor(house.integrator), workflow=workflow, submissions=sent)

    inside(house, receive)


def accepted() -> int:
    return Outcome.objects.filter(source="auto").count()


def test_a_stop_waits_for_the_batch_that_is_being_finished_and_for_no_more(stored: House) -> None:
    """A finishing transaction that looked before the stop commits first; one that looks afterwards sees the stop."""
    has_looked, may_commit = threading.Event(), threading.Event()
    order: list[str] = []

    def finisher() -> None:
        def look() -> None:
            assert binding_restrictions(stored.workflow.id) == []
            has_looked.set()
            assert may_commit.wait(20)
            order.append("finished")

        inside(stored, look)

    def stopper() -> None:
        assert has_looked.wait(20)
        actor = inside(stored, lambda: stored.actor(stored.lead))
        inside(stored, lambda: stop_automation(actor=actor, workflow=stored.workflow, reason="wrong labels"))
        order.append("stopped")

    def releaser() -> None:
        assert has_looked.wait(20)
        while not waits_for_a_lock():
            time.sleep(0.01)
        may_commit.set()

    assert together([finisher, stopper, releaser]) == [None, None, None]
    assert order == ["finished", "stopped"]
    assert [one.cause for one in inside(stored, lambda: binding_restrictions(stored.workflow.id))] == ["stop"]


def waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return bool(cursor.fetchone()[0])


def test_nothing_is_accepted_after_the_stop_while_workers_route_at_full_tilt(stored: House) -> None:
    """Four workers, items coming without pause, and a stop in the middle: what is there at its commit is all there will be."""
    is_over = threading.Event()
    seen: dict[str, int] = {}

    def worker() -> None:
        while not is_over.is_set():
            process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)

    def sender() -> None:
        for number in range(12):
            send(stored, f"s{number}", 64)

    def stopper() -> None:
        try:
            while not inside(stored, accepted):
                time.sleep(0.01)
            actor = inside(stored, lambda: stored.actor(stored.lead))
            inside(stored, lambda: stop_automation(actor=actor, workflow=stored.workflow, reason="wrong labels"))
            seen["at the stop"] = inside(stored, accepted)
            send(stored, "after", 300)
            deadline = time.monotonic() + 60
            while inside(stored, lambda: Item.objects.filter(state__in=["received", "predicting"]).exists()):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            is_over.set()

    results = together([worker, worker, worker, worker, sender, stopper])

    assert [result for result in results if result is not None] == []
    assert seen["at the stop"] > 0
    assert inside(stored, accepted) == seen["at the stop"]
    assert inside(stored, lambda: Item.objects.filter(state="in_review").count()) >= 300
    assert inside(stored, broken) == {}
    (workflow,) = inside(stored, workflow_stops)
    since = inside(stored, lambda: Restriction.objects.get().since)
    late = inside(
        stored, lambda: RoutingDecision.objects.filter(disposition="auto_accept", recorded_at__gt=since).count()
    )
    assert (workflow.latency_s > 0) == (late > 0)

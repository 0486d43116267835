"""What can't be carried out stands alone in the end: it waits and dies of its own error, and harms nothing beside it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection, transaction

from governance import stopping
from review.domain.losses import BATCH, MOST_LOSSES, company
from review.models import Item, Review
from review.services import finish, pipeline
from review.services.halving import is_outage as is_outage_of_the_database
from review.services.pipeline import process_received
from review.services.received import claim_received
from review.services.sweep import sweep_workspace
from routing.models import Policy, PolicyVersion, Prediction, RoutingDecision, Workflow
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.threads import together
from tests.workers import SURE, claimed, come_due, fails_with, kill, receive, run_locally, states, trail

pytestmark = pytest.mark.services


def poison(*ids: Any) -> None:
    """Give items a priority that, raised by one, no column takes."""
    Item.objects.filter(id__in=ids).update(priority=32767)


@pytest.fixture
def raising(house: House) -> House:
    """The cast, where the policy raises every priority by one."""
    policy = Policy.objects.get()
    body = {"default_threshold": 0.9, "queue": "triage", "priority": 1}
    raised = PolicyVersion.objects.create(workspace=house.workspace, policy=policy, number=2, body=body)
    Workflow.objects.filter(id=house.workflow.id).update(policy_version=raised)
    return house


def test_of_a_batch_only_the_items_that_can_not_be_carried_out_stay_behind(raising: House) -> None:
    ids = raising.receive(*(f"text {n}" for n in range(70)), confidence=0.2)
    bad = {ids[0], ids[33], ids[69]}
    poison(*bad)

    assert raising.route() == 70

    assert states(raising) == {"in_review": 67, "received": 3}
    for item in Item.objects.filter(id__in=bad):
        assert (item.attempts, item.attempts_forgiven, item.losses, item.lease_until) == (1, 0, 0, None)
        assert item.last_error.startswith('unroutable: DataError: value "32768" is out of range')
        assert trail(item.id) == ["item.received", "item.postponed"]
    assert Review.objects.count() == RoutingDecision.objects.count() == Prediction.objects.count() == 67
    assert broken() == {}

    for _ in range(raising.workflow.max_attempts - 1):
        come_due(*bad)
        raising.route()
    assert states(raising) == {"in_review": 67, "dead": 3}
    assert set(Item.objects.filter(id__in=bad).values_list("failure", flat=True)) == {"unroutable"}
    assert broken() == {}


def test_an_error_that_is_not_the_databases_is_halved_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = house.receive(*"abcdefg", confidence=0.99)
    carry_out = finish._finish

    def stumble(actor: Any, workflow: Any, rows: Any, routed: Any) -> None:
        if any(one.item.item_id == ids[4] for one in routed):
            raise KeyError("a bug")
        carry_out(actor, workflow, rows, routed)

    monkeypatch.setattr(finish, "_finish", stumble)
    house.route()
    assert states(house) == {"resolved": 6, "received": 1}
    assert Item.objects.get(id=ids[4]).last_error == "unroutable: KeyError: 'a bug'"
    assert broken() == {}


def test_items_that_were_lost_come_back_in_ever_smaller_company(house: House) -> None:
    ids = house.receive(*(f"text {n}" for n in range(BATCH + 20)))
    for losses in range(MOST_LOSSES - 1):
        rows = claimed(house)
        assert len(rows) == company(losses)
        kill(*rows)
        sweep_workspace(house.workspace.id)
        house.enter()
        Item.objects.exclude(id__in=rows).filter(state="received").update(available_at="2100-01-01T00:00Z")
    assert [company(losses) for losses in range(MOST_LOSSES)] == [256, 64, 16, 4, 1, 1]
    Item.objects.update(available_at="2020-01-01T00:00Z")
    house.route()
    assert states(house) == {"in_review": len(ids)}
    assert set(Item.objects.values_list("losses", flat=True)) == {0}
    assert broken() == {}


def test_who_was_lost_and_who_was_not_are_not_claimed_together(house: House) -> None:
    lost, *others = house.receive(*"abcd")
    Item.objects.filter(id=lost).update(losses=1)
    assert set(claimed(house)) == {lost}
    assert set(claimed(house)) == set(others)


def test_a_loss_does_not_count_as_an_attempt_at_the_prediction(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(fallback="wait", max_attempts=2)
    (item_id,) = house.receive("one", label="no_such")
    for _ in range(3):
        kill(*claimed(house))
        sweep_workspace(house.workspace.id)
        house.enter()
    for _ in range(2):
        assert Item.objects.get(id=item_id).state == "received"
        come_due(item_id)
        house.route()
    item = Item.objects.get(id=item_id)
    assert (item.state, item.failure, item.attempts, item.attempts_forgiven) == ("dead", "unknown_label", 5, 3)
    assert broken() == {}


@pytest.fixture
def stop_requested() -> Iterator[None]:
    stopping.request()
    yield
    stopping._flag[0] = 0


def test_what_a_stopping_worker_holds_is_handed_back_as_if_never_taken(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_payloads: Any) -> Any:
        stopping.request()
        raise SoftTimeLimitExceeded

    run_locally(house, monkeypatch, interrupted)
    ids = receive(house, "one", "two")
    try:
        with pytest.raises(SoftTimeLimitExceeded):
            house.route()
        house.enter()
        assert house.route() == 0
    finally:
        stopping._flag[0] = 0
    item = Item.objects.get(id=ids[0])
    assert (item.state, item.fence, item.attempts, item.attempts_forgiven, item.losses) == ("received", 2, 0, 0, 0)
    assert item.lease_until is None
    assert trail(ids[0]) == ["item.received"]
    assert broken() == {}
    run_locally(house, monkeypatch, lambda payloads: [SURE] * len(payloads))
    house.route()
    assert states(house) == {"resolved": 2}
    assert broken() == {}


def test_a_stopped_process_begins_nothing(house: House, stop_requested: None) -> None:
    house.receive("one")
    assert house.route() == 0
    assert states(house) == {"received": 1}


@pytest.mark.parametrize(
    ("error", "failure"), [(SoftTimeLimitExceeded(), "too_slow"), (SystemExit(), ""), (MemoryError(), "model_error")]
)
def test_how_a_batch_ends_says_what_becomes_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch, error: BaseException, failure: str
) -> None:
    """A batch that takes too long is lost; a worker that is told to go takes nothing along; a model may fail as it likes."""

    def end(_payloads: Any) -> Any:
        raise error

    run_locally(house, monkeypatch, end)
    (item_id,) = receive(house, "one")
    with suppress(type(error)):
        house.route()
    house.enter()
    item = Item.objects.get(id=item_id)
    assert item.last_error.startswith(failure)
    assert item.state == ("in_review" if failure == "model_error" else "received")
    assert item.losses == (failure == "too_slow")
    assert broken() == {}


def test_items_of_a_model_that_hangs_die_of_it_one_by_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    run_locally(house, monkeypatch, fails_with(SoftTimeLimitExceeded()))
    (item_id,) = receive(house, "one")
    for _ in range(MOST_LOSSES):
        with pytest.raises(SoftTimeLimitExceeded):
            house.route()
        house.enter()
    assert Item.objects.get(id=item_id).failure == "too_slow"
    assert trail(item_id)[-1] == "item.died"
    assert broken() == {}


class _CauseError(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__()
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "is_outage"),
    [(None, True), ("08006", True), ("57P01", True), ("57P02", True), ("53100", True), ("40P01", True), ("25006", True),
     ("58030", True), ("57014", False), ("54000", False), ("22003", False), ("23502", False)],
)  # fmt: skip
def test_what_no_item_is_to_blame_for_is_an_outage(sqlstate: str | None, is_outage: bool) -> None:
    error = OperationalError("x")
    error.__cause__ = _CauseError(sqlstate)
    assert is_outage_of_the_database(error) is is_outage
    assert not is_outage_of_the_database(ValueError("x"))


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed."""
    with transaction.atomic():
        house = build_house()
        run = {"fallback": "wait", "max_attempts": 1}
        Workflow.objects.filter(id=house.workflow.id).update(**run)
    return house


def test_a_connection_that_breaks_in_the_middle_costs_no_attempt(
    stored: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One attempt is all there is here; the items are free again at once, and whole."""
    with transaction.atomic():
        stored.enter()
        stored.receive("one", "two", "three", confidence=0.99)
    carry_out = finish._finish
    broke: list[int] = []

    def cut(actor: Any, workflow: Any, rows: Any, routed: Any) -> None:
        if not broke:
            broke.append(len(routed))
            pid = connection.connection.info.backend_pid
            together([lambda: _terminate(pid)])
        carry_out(actor, workflow, rows, routed)

    monkeypatch.setattr(finish, "_finish", cut)
    with pytest.raises(OperationalError):
        process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)
    assert broke == [3]
    with transaction.atomic():
        stored.enter()
        assert states(stored) == {"received": 3}
        item = Item.objects.all()[0]
        assert (item.fence, item.losses, item.attempts - item.attempts_forgiven) == (2, 1, 0)
        assert item.last_error.startswith("worker_lost: OperationalError")
    process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)
    with transaction.atomic():
        stored.enter()
        assert states(stored) == {"resolved": 3}
        assert broken() == {}


def _terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_lost_worker_and_the_sweeper_free_an_item_once(stored: House) -> None:
    """The worker lets go while the sweeper takes the expired lease back: one of them does it."""
    with transaction.atomic():
        stored.enter()
        ids = stored.receive(*(f"text {n}" for n in range(40)), confidence=0.99)
        rows = claim_received(workflow_id=stored.workflow.id, is_demo=False, lease_s=40)
        kill(*ids)
    together(
        [
            lambda: pipeline._let_go(stored.workspace.id, rows, RuntimeError("x")),
            lambda: sweep_workspace(stored.workspace.id),
        ]
    )
    with transaction.atomic():
        stored.enter()
        assert states(stored) == {"received": 40}
        assert set(Item.objects.values_list("fence", "losses")) == {(2, 1)}
        assert broken() == {}

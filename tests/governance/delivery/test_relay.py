"""Numbers without gaps, nothing twice, nothing lost, whoever publishes and takes back at the same time."""

import json
import threading
import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from governance.domain import ProductError
from governance.models import Delivery, EventFeed, OutboxMessage
from governance.selectors.feed import events_after
from governance.services import relay
from governance.services.endpoints import create_endpoint, ping_endpoint
from governance.services.relay import publish_due
from review.domain.errors import UndoWindowClosedError
from review.models import Item
from review.services.claim import claim_reviews
from review.services.decide import Decided
from review.services.undo import undo_decision
from review.services.withdraw import withdraw_item
from routing.models import Workflow
from tests.conftest import House
from tests.governance.delivery.scene import as_owner, published, resolve, say, things, within
from tests.invariants import broken
from tests.review.services.test_loop import decide
from tests.threads import together

pytestmark = pytest.mark.services
HOOK = "https://hooks.example.com/review"


def assert_gapless(count: int) -> None:
    assert [number for number, _id in published()] == list(range(1, count + 1))
    assert EventFeed.objects.get().last_seq == count


def test_two_relays_at_once_give_every_event_one_number(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "BATCH", 500)
    as_owner(town, create_endpoint, name="CRM", url=HOOK)
    say(town, *things(1500))

    results = together([publish_due, publish_due, publish_due])

    assert sum(int(str(result)) for result in results) == 1500
    assert_gapless(1500)
    assert Delivery.objects.count() == 1500
    assert broken() == {}


def test_events_of_a_thing_are_numbered_in_the_order_in_which_they_were_due(town: House) -> None:
    (thing,) = things(1)
    ids = [say(town, thing)[0] for _event in range(5)]
    now = timezone.now()
    for place, message_id in enumerate(reversed(ids)):
        OutboxMessage.objects.filter(id=message_id).update(due_at=now - timedelta(seconds=60 - place))
    publish_due()
    assert [id for _number, id in published()] == list(reversed(ids))


def test_what_is_not_due_is_not_published(town: House) -> None:
    early, late = say(town, *things(2))
    OutboxMessage.objects.filter(id=late).update(due_at=timezone.now() + timedelta(seconds=60))
    assert publish_due() == 1
    assert [id for _number, id in published()] == [early]


def test_whatever_is_being_taken_back_holds_up_its_own_thing_alone(town: House) -> None:
    thing, other = things(2)
    first, second, third = say(town, thing)[0], say(town, thing)[0], say(town, other)[0]
    locked, done = threading.Event(), threading.Event()

    def take_back() -> None:
        with transaction.atomic():
            town.enter()
            OutboxMessage.objects.filter(id=first).delete()
            locked.set()
            done.wait(20)

    def publish() -> int:
        locked.wait(20)
        try:
            return publish_due()
        finally:
            done.set()

    assert together([take_back, publish]) == [None, 1]
    assert [id for _number, id in published()] == [third]
    assert publish_due() == 1
    assert [id for _number, id in published()] == [third, second]


def test_an_answer_is_either_undone_or_published_never_both(town: House) -> None:
    """Undo deletes what the relay numbers: one of the two comes first."""
    rounds = 12
    undone = 0
    for number in range(rounds):
        within(town, lambda: town.in_review(f"pay {number}"))
        reviewer = within(town, lambda: town.actor(town.reviewer))
        (review,) = within(town, lambda: claim_reviews(actor=reviewer, count=1))
        decided = within(town, lambda: decide(reviewer, review))
        assert isinstance(decided, Decided)
        assert decided.decision_id is not None
        decision_id: UUID = decided.decision_id
        OutboxMessage.objects.filter(published_seq=None).update(due_at=timezone.now() - timedelta(hours=1))
        results = together(
            [
                publish_due,
                lambda: within(town, lambda: undo_decision(actor=reviewer, decision_id=decision_id)),
            ],
        )
        item = Item.objects.get(id=review.item_id)
        is_out = OutboxMessage.objects.filter(stream_id=item.id, published_seq__isnull=False).exists()
        if isinstance(results[1], UndoWindowClosedError):
            assert is_out
        else:
            assert not isinstance(results[1], BaseException), results[1]
            assert not is_out
            assert item.state == "in_review"
            undone += 1
            within(town, lambda: withdraw_item(actor=town.actor(town.owner), item_id=item.id))
        assert {rule for rule in broken() if "nothing has left" in rule} == set()
    assert_gapless(rounds - undone)


def test_a_held_item_is_either_withdrawn_or_published_never_both(town: House) -> None:
    Workflow.objects.update(hold_s=60)
    items = resolve(town, *[f"pay {number}" for number in range(10)])
    OutboxMessage.objects.update(due_at=timezone.now() - timedelta(hours=1))
    owner = within(town, lambda: town.actor(town.owner))

    def withdraw(item_id: UUID) -> None:
        within(town, lambda: withdraw_item(actor=owner, item_id=item_id))

    results = together([publish_due, *[lambda item_id=item_id: withdraw(item_id) for item_id in items]])
    publish_due()
    taken_back = sum(result is None for result in results[1:])
    assert all(result is None or isinstance(result, ProductError) for result in results[1:])
    assert Item.objects.filter(state="withdrawn").count() == taken_back
    assert_gapless(len(items) - taken_back)
    assert broken() == {}


def test_a_reader_by_cursor_misses_nothing_that_eight_writers_write(town: House) -> None:
    until = time.monotonic() + 4
    auditor = within(town, lambda: town.actor(town.auditor))
    written: list[list[UUID]] = [[] for _writer in range(8)]
    stopped = threading.Event()

    def write(number: int) -> None:
        while time.monotonic() < until:
            with transaction.atomic():
                town.enter()
                written[number] += say(town, *things(3))
                time.sleep(0.002 * number)

    def publish() -> None:
        while time.monotonic() < until + 0.5:
            publish_due()
        publish_due()
        stopped.set()

    def read() -> list[str]:
        seen: list[str] = []
        after, is_last = 0, False
        while not is_last:
            is_last = stopped.is_set()
            page = within(town, lambda: events_after(auditor, after=after, limit=50, types=()))
            seen += [json.loads(event)["id"] for event in page.events]
            after, is_last = page.next_after, is_last and not page.has_more
        return seen

    results = together([publish, read, *[lambda number=number: write(number) for number in range(8)]])
    assert [result for result in results if isinstance(result, BaseException)] == []
    expected = {str(id) for ids in written for id in ids}
    assert len(expected) > 100
    seen = results[1]
    assert isinstance(seen, list)
    assert len(seen) == len(set(seen))
    assert set(seen) == expected
    assert_gapless(len(expected))


def test_a_ping_has_a_number_and_is_no_part_of_the_feed(town: House) -> None:
    endpoint = as_owner(town, create_endpoint, name="CRM", url=HOOK).endpoint
    (before,) = say(town, *things(1))
    as_owner(town, ping_endpoint, endpoint=endpoint)
    publish_due()
    (after,) = say(town, *things(1))
    publish_due()
    page = events_after(town.actor(town.auditor), after=None, limit=10, types=())
    assert [json.loads(event)["id"] for event in page.events] == [str(before), str(after)]
    assert page.next_after == 3


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["resolved", "amended", "elsewhere"]),
        ({"event_types": ["item.amended"]}, ["amended"]),
        ({"workflows": ["support-triage"]}, ["resolved", "amended"]),
        ({"event_types": ["item.resolved"], "workflows": ["other"]}, ["elsewhere"]),
        ({"event_types": ["item.amended"], "workflows": ["other"]}, []),
    ],
)
def test_an_endpoint_gets_what_passes_its_filters(
    town: House, filters: dict[str, list[str]], expected: list[str]
) -> None:
    as_owner(town, create_endpoint, name="CRM", url=HOOK, **filters)
    names = {
        say(town, *things(1))[0]: "resolved",
        say(town, *things(1), kind="item.amended")[0]: "amended",
        say(town, *things(1), workflow="other")[0]: "elsewhere",
    }
    publish_due()
    assert [
        names[id] for id in Delivery.objects.order_by("published_seq").values_list("message_id", flat=True)
    ] == expected


def test_workspaces_take_turns_and_keep_their_own_numbers(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "_BATCHES_A_TURN", 1)
    turns: list[UUID] = []
    real = relay.publish_batch

    def noted(workspace_id: UUID) -> int:
        turns.append(workspace_id)
        return real(workspace_id)

    monkeypatch.setattr(relay, "publish_batch", noted)
    say(town, *things(1200))
    with transaction.atomic():
        _say_elsewhere(town, 3)
    assert publish_due() == 1203
    assert turns.index(town.other_workspace.id) <= 1
    assert_gapless(1200)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.workspace', %s, true)", [str(town.other_workspace.id)])
        assert_gapless(3)


def test_what_fails_in_one_workspace_stops_no_other(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    real = relay.publish_batch

    def fail(workspace_id: UUID) -> int:
        if workspace_id == town.other_workspace.id:
            raise ValueError
        return real(workspace_id)

    monkeypatch.setattr(relay, "publish_batch", fail)
    say(town, *things(2))
    with transaction.atomic():
        _say_elsewhere(town, 2)
    assert publish_due() == 2


def _say_elsewhere(town: House, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.workspace', %s, true)", [str(town.other_workspace.id)])
    elsewhere = House(town.other_workspace, town.workspace, town.people)
    say(elsewhere, *things(count))

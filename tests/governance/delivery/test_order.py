"""Order within a thing, how many at once, leases and fences."""

import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from governance.models import Delivery, OutboxMessage
from governance.services import deliver as deliver_module
from governance.services import sender
from governance.services.deliver import Deliverer
from governance.services.delivery_rows import LEASE_S, Parcel, Receipt, claim_parcels, free_lost, hand_back, settle
from governance.services.endpoints import change_endpoint
from governance.services.relay import publish_due
from review.models import Item
from review.services.delivered import record_delivered
from tests.conftest import House
from tests.governance.delivery.receiver import Receiver, hang, slow, status
from tests.governance.delivery.scene import (
    as_owner,
    attempts,
    deliver,
    endpoint_at,
    only,
    pass_time,
    resolve,
    say,
    states,
    things,
    within,
)
from tests.invariants import broken
from tests.threads import together

pytestmark = pytest.mark.services


def claimed(house: House) -> list[Parcel]:
    """Take what is due, as a deliverer that is about to send."""
    return within(house, lambda: claim_parcels(house.workspace.id))


def receipt(parcel: Parcel, state: str = "delivered", status_code: int | None = 200) -> Receipt:
    return Receipt(parcel, state, 5.0, timezone.now(), 7, status_code, "" if status_code == 200 else "no", "")


def settled(house: House, *receipts: Receipt) -> set[UUID]:
    return within(house, lambda: settle(house.workspace.id, receipts))


def subjects(receiver: Receiver, house: House) -> Sequence[UUID]:
    streams = dict(OutboxMessage.objects.values_list("id", "stream_id"))
    return [streams[UUID(id)] for id in receiver.ids]


def test_the_second_event_of_a_thing_waits_for_the_first_and_other_things_pass(town: House) -> None:
    slow_one, other = things(2)
    with Receiver(status("500 Oops")) as receiver:
        endpoint_at(town, receiver, concurrency=1)
        first, second = say(town, slow_one)[0], say(town, slow_one)[0]
        third = say(town, other)[0]
        deliver(town, rounds=3)
        assert receiver.ids == [str(first), str(third)]
        assert states() == ["pending", "pending", "delivered"]
        pass_time(10)
        deliver(town, rounds=3)
    assert receiver.ids == [str(first), str(third), str(first), str(second)]
    assert states() == ["delivered"] * 3
    assert broken() == {}


def test_a_later_event_goes_once_the_one_before_it_is_given_up(town: House) -> None:
    (thing,) = things(1)
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        say(town, thing)
        publish_due()
        Delivery.objects.update(state="failed", finished_at=timezone.now())
        (second,) = say(town, thing)
        deliver(town)
    assert receiver.ids == [str(second)]


def test_many_events_of_one_thing_arrive_in_the_order_of_their_numbers(town: House) -> None:
    things_ = things(5)
    with Receiver() as receiver:
        endpoint_at(town, receiver, concurrency=8)
        for _event in range(6):
            say(town, *things_)
        deliver(town, rounds=8)
    numbers = {id: seq or 0 for id, seq in OutboxMessage.objects.values_list("id", "published_seq")}
    for thing in things_:
        came = [
            numbers[UUID(id)]
            for id, stream in zip(receiver.ids, subjects(receiver, town), strict=True)
            if stream == thing
        ]
        assert came == sorted(came)
        assert len(came) == 6


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_receiver_never_has_more_at_once_than_it_wants(town: House, concurrency: int) -> None:
    with Receiver(then=slow(0.02)) as receiver:
        endpoint_at(town, receiver, concurrency=concurrency)
        say(town, *things(40))
        deliver(town)
        assert len(receiver.requests) == 40
        assert receiver.most_at_once == concurrency


def test_a_narrower_limit_counts_from_the_next_request_on(town: House) -> None:
    with Receiver(then=slow(0.02)) as receiver:
        endpoint = endpoint_at(town, receiver, concurrency=4).endpoint
        say(town, *things(80))
        publish_due()
        with Deliverer(on_delivered=record_delivered) as deliverer:
            deliverer.round(for_s=0.01, wait_s=0.01)
            as_owner(town, change_endpoint, endpoint=endpoint, concurrency=1)
            while states().count("delivered") < 60:
                deliverer.round(for_s=0.1, wait_s=0.05)
            receiver.most_at_once = 0
            while set(states()) != {"delivered"}:
                deliverer.round(for_s=0.1, wait_s=0.05)
        assert receiver.most_at_once <= 2


def test_slow_endpoints_hold_up_no_other(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "TIMEOUT_S", 3.0)
    with Receiver(then=hang) as stuck, Receiver() as well:
        endpoint_at(town, stuck, name="Stuck")
        endpoint_at(town, well, name="Well")
        say(town, *things(20))
        publish_due()
        with Deliverer(on_delivered=record_delivered) as deliverer:
            while len(well.requests) < 20:
                deliverer.round(for_s=0.2, wait_s=0.05)
            deliverer.round(for_s=0.2, wait_s=0.05)
            assert len(stuck.requests) <= 4
            assert Delivery.objects.filter(state="delivered").count() == 20


def test_what_a_dead_deliverer_held_is_sent_again_with_the_same_id_and_bytes(town: House) -> None:
    """It sent, and died before it wrote that down."""
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        say(town, *things(1))
        publish_due()
        (parcel,) = claimed(town)
        assert deliver(town) == 0
        pass_time(LEASE_S + 1)
        deliver(town)
        assert receiver.requests == []
        assert (only().state, only().attempts) == ("pending", 1)
        pass_time(6)
        deliver(town)
        (got,) = receiver.requests
        assert (got.id, got.body) == (str(parcel.message_id), parcel.body)

        assert settled(town, receipt(parcel, "pending", 500)) == set()
    delivery = only()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    assert sorted((attempt.number, attempt.status) for attempt in attempts()) == [(1, 500), (2, 200)]
    assert broken() == {}


def test_a_late_success_of_a_lost_lease_is_written_down_and_changes_nothing(town: House) -> None:
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        say(town, *things(1))
        publish_due()
        (late,) = claimed(town)
        pass_time(LEASE_S + 1)
        assert within(town, free_lost) == 1
        pass_time(6)
        (present,) = claimed(town)
        assert present.fence > late.fence
        assert settled(town, receipt(late)) == set()
        assert only().state == "sending"
        assert settled(town, receipt(present, "pending", 503)) == {present.id}
    assert (only().state, only().attempts, len(attempts())) == ("pending", 2, 2)


def test_the_tenth_loss_ends_it(town: House) -> None:
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        say(town, *things(1))
        publish_due()
        Delivery.objects.update(attempts=9)
        claimed(town)
        pass_time(LEASE_S + 1)
        within(town, free_lost)
    assert (only().state, only().attempts) == ("failed", 10)


def test_what_was_not_sent_goes_back_as_it_was(town: House) -> None:
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        say(town, *things(3))
        publish_due()
        parcels = claimed(town)
        within(town, lambda: hand_back(parcels))
        assert set(states()) == {"pending"}
        assert attempts() == []
        assert settled(town, *map(receipt, parcels)) == set()
        assert {parcel.attempt for parcel in claimed(town)} == {1}


def test_what_waited_too_long_for_its_turn_goes_back(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "_FRESH_S", 0.1)
    with Receiver(slow(0.3)) as receiver:
        endpoint_at(town, receiver, concurrency=1)
        say(town, *things(4))
        publish_due()
        with Deliverer(on_delivered=record_delivered) as deliverer:
            deliverer.round(for_s=0.4, wait_s=0.5)
            deliverer.round(for_s=10, wait_s=0.1)
    assert len(receiver.requests) == 4
    assert len(set(receiver.ids)) == 4
    assert {attempt.number for attempt in attempts()} == {1}


def test_a_reply_that_cannot_be_written_down_is_kept_until_it_can(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        say(town, *things(5))
        publish_due()
        with Deliverer(on_delivered=record_delivered) as deliverer:
            with monkeypatch.context() as broken_database:

                def refuse(*_arguments: object) -> set[UUID]:
                    raise OperationalError

                broken_database.setattr(deliver_module, "settle", refuse)
                with pytest.raises(OperationalError):
                    deliverer.round()
            while "sending" in states() or "pending" in states():
                deliverer.round()
    assert len(receiver.requests) == 5
    assert states() == ["delivered"] * 5


def test_one_delivery_that_cannot_be_settled_stops_no_other(town: House) -> None:
    poison: list[UUID] = []

    def refuse(_actor: object, delivered: Sequence[deliver_module.Delivered]) -> None:
        if any(one.message_id in poison for one in delivered):
            raise ValueError

    with Receiver() as receiver:
        endpoint_at(town, receiver)
        poison += say(town, *things(1))
        say(town, *things(6))
        deliver(town, on_delivered=refuse)
    assert sorted(states()) == ["delivered"] * 6 + ["sending"]


def test_settling_gives_way_to_whoever_holds_an_item(town: House) -> None:
    """Nobody waits for the deliverer, which comes back to it."""
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        (item_id,) = resolve(town, "one")
        publish_due()

        def hold() -> None:
            with transaction.atomic():
                town.enter()
                Item.objects.select_for_update().get(id=item_id)
                time.sleep(1.5)

        def send() -> int:
            with Deliverer(on_delivered=record_delivered) as deliverer:
                until = timezone.now() + timedelta(seconds=20)
                settled_ = 0
                while not settled_ and timezone.now() < until:
                    settled_ += deliverer.round(for_s=0.2, wait_s=0.1)
                return settled_

        assert together([hold, send]) == [None, 1]
    assert states() == ["delivered"]
    assert len(receiver.requests) == 1
    assert broken() == {}

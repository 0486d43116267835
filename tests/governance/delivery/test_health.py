"""How an endpoint does: pauses that it asks for, being gone, failing for five days, and coming back."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.core import mail
from django.utils import timezone

from governance.models import AuditEvent, Delivery, WebhookEndpoint
from governance.services.endpoints import disable_endpoint, enable_endpoint
from governance.services.relay import publish_due
from tests.conftest import House
from tests.governance.delivery.receiver import Receiver, status
from tests.governance.delivery.scene import (
    as_owner,
    attempts,
    deliver,
    endpoint_at,
    pass_time,
    pause_s,
    say,
    states,
    things,
)
from tests.invariants import broken

FIVE_DAYS_S = 5 * 86_400


def in_time(seconds: int) -> str:
    return format_datetime(timezone.now() + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("line", "asked", "seconds"),
    [
        ("429 Too Many Requests", "120", 120),
        ("503 Service Unavailable", "120", 120),
        ("503 Service Unavailable", "date", 120),
        ("429 Too Many Requests", "99999999", 86_400),
    ],
)
def test_a_receiver_that_asks_for_time_is_left_alone_as_a_whole(
    town: House, line: str, asked: str, seconds: int
) -> None:
    header = in_time(seconds) if asked == "date" else asked
    with Receiver(status(line, f"Retry-After: {header}")) as receiver:
        endpoint = endpoint_at(town, receiver, concurrency=1).endpoint
        say(town, *things(6))
        deliver(town)
        assert len(receiver.requests) == 1
        assert seconds - 10 <= pause_s(endpoint) <= seconds
        waiting = Delivery.objects.filter(attempts=0)
        assert waiting.count() == 5
        assert not waiting.exclude(state="pending").exists()
        assert len(attempts()) == 1
        say(town, *things(1))
        assert deliver(town) == 0
        pass_time(seconds)
        deliver(town, rounds=3)
        assert set(states()) == {"delivered"}
        assert len(receiver.requests) == 8
    assert broken() == {}


def test_an_error_of_another_kind_asks_for_nothing(town: House) -> None:
    with Receiver(status("500 Oops", "Retry-After: 120")) as receiver:
        endpoint_at(town, receiver)
        say(town, *things(1))
        deliver(town)
    assert WebhookEndpoint.objects.get().paused_until is None


def test_of_two_pauses_the_longer_one_counts(town: House) -> None:
    plan = [status("503 Busy", "Retry-After: 600"), status("503 Busy", "Retry-After: 5")]
    with Receiver(*plan) as receiver:
        endpoint = endpoint_at(town, receiver, concurrency=2).endpoint
        say(town, *things(2))
        deliver(town)
    assert pause_s(endpoint) > 500


def test_a_receiver_that_is_gone_is_switched_off_and_keeps_what_waits(town: House) -> None:
    with Receiver(status("410 Gone")) as receiver:
        endpoint = endpoint_at(town, receiver, concurrency=1).endpoint
        say(town, *things(3))
        deliver(town)
        endpoint.refresh_from_db()
        assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, "gone")
        assert len(receiver.requests) == 1
        assert set(states()) == {"pending"}
        pass_time(3600)
        assert deliver(town) == 0
        as_owner(town, enable_endpoint, endpoint=endpoint)
        deliver(town, rounds=3)
    assert states() == ["delivered"] * 3
    assert {message.subject for message in mail.outbox} == {"Webhook endpoint CRM was disabled"}
    assert broken() == {}


def test_five_days_of_failure_switch_it_off_with_notice_and_nothing_is_lost(town: House) -> None:
    with Receiver(then=status("500 Oops")) as receiver:
        endpoint = endpoint_at(town, receiver).endpoint
        say(town, *things(1))
        deliver(town)
        endpoint.refresh_from_db()
        assert endpoint.failing_since is not None
        pass_time(FIVE_DAYS_S - 60)
        deliver(town)
        endpoint.refresh_from_db()
        assert endpoint.is_enabled
        pass_time(3600)
        say(town, *things(2))
        deliver(town)
        endpoint.refresh_from_db()
        assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, "failing")
        assert endpoint.disabled_at is not None
        event = AuditEvent.objects.filter(stream_id=endpoint.id).latest("stream_seq")
        assert (event.action, event.actor_kind) == ("endpoint.disabled", "system")
        told = sorted(address for message in mail.outbox for address in message.to)
        assert told == sorted([town.owner.email, town.admin.email])
        assert receiver.url in mail.outbox[0].body

        receiver.then = status("200 OK")
        assert deliver(town) == 0
        as_owner(town, enable_endpoint, endpoint=endpoint)
        deliver(town, rounds=3)
        assert states() == ["delivered"] * 3
        endpoint.refresh_from_db()
        assert endpoint.is_enabled
        assert endpoint.failing_since is None
    assert broken() == {}


def test_a_success_ends_the_failing(town: House) -> None:
    with Receiver(status("500 Oops")) as receiver:
        endpoint = endpoint_at(town, receiver).endpoint
        say(town, *things(1))
        deliver(town)
        pass_time(FIVE_DAYS_S)
        deliver(town)
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.failing_since) == (True, None)


def test_a_failing_endpoint_is_asked_with_one_delivery_at_a_time_until_it_takes_one(town: House) -> None:
    with Receiver(then=status("500 Oops")) as receiver:
        endpoint_at(town, receiver, concurrency=4)
        say(town, *things(40))
        deliver(town)
        receiver.most_at_once = 0
        before = len(receiver.requests)
        assert before < 50
        pass_time(10)
        receiver.then = status("200 OK")
        receiver.plan(status("500 Oops"))
        deliver(town, rounds=5)
        assert set(states()) <= {"delivered", "pending"}
        assert states().count("delivered") >= 39


def test_an_endpoint_that_is_off_gets_nothing_and_later_what_waited(town: House) -> None:
    with Receiver() as receiver:
        endpoint = endpoint_at(town, receiver).endpoint
        say(town, *things(1))
        publish_due()
        as_owner(town, disable_endpoint, endpoint=endpoint)
        say(town, *things(1))
        assert deliver(town) == 0
        assert receiver.requests == []
        as_owner(town, enable_endpoint, endpoint=endpoint)
        deliver(town)
    assert states() == ["delivered"]

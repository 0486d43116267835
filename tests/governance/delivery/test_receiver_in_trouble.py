"""What happens when a receiver answers badly, slowly or not at all: the same id and the same bytes, later."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from standardwebhooks import Webhook, WebhookVerificationError

from governance.models import AuditEvent, Delivery, DeliveryAttempt, OutboxMessage, WebhookEndpoint
from governance.retries import MOST_ATTEMPTS, SCHEDULE_S
from governance.services import sender
from governance.services.endpoints import (
    disable_endpoint,
    enable_endpoint,
    replay_delivery,
    replay_range,
    rotate_secret,
)
from tests.conftest import House
from tests.governance.delivery.receiver import Receiver, hang, slow, status
from tests.governance.delivery.scene import (
    as_owner,
    attempts,
    delay_s,
    deliver,
    endpoint_at,
    only,
    pass_time,
    pause_s,
    resolve,
    say,
    states,
    things,
    within,
)
from tests.invariants import broken

pytestmark = pytest.mark.services

_BROKEN = status("500 Internal Server Error", body=b"oh no")


def _delay_is_that_after(attempt: int) -> bool:
    planned = SCHEDULE_S[attempt - 1]
    return planned * 0.88 <= delay_s(only()) <= planned * 1.11


def test_three_errors_a_hang_and_then_an_answer_are_one_event(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "TIMEOUT_S", 0.5)
    with Receiver(_BROKEN, _BROKEN, _BROKEN, hang) as receiver:
        made = endpoint_at(town, receiver)
        resolve(town, "pay")
        for attempt in range(1, 5):
            assert deliver(town) == 1
            assert (only().state, only().attempts) == ("pending", attempt)
            assert _delay_is_that_after(attempt)
            assert deliver(town) == 0, "before its time nothing is sent"
            pass_time(SCHEDULE_S[attempt - 1] * 1.11)
        assert deliver(town) == 1
    assert only().state == "delivered"
    assert len(set(receiver.ids)) == 1
    assert len(receiver.requests) == 5
    assert len({got.body for got in receiver.requests}) == 1
    for got in receiver.requests:
        assert Webhook(made.secret).verify(got.body, got.headers)["id"] == receiver.ids[0]
    assert [attempt.status for attempt in attempts()] == [500, 500, 500, None, 200]
    assert attempts()[0].response_excerpt == "oh no"
    assert "answer" in attempts()[3].error
    assert broken() == {}


def test_while_a_secret_rotates_both_verify_and_then_only_the_new_one(town: House) -> None:
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
        new = within(town, lambda: as_owner(town, rotate_secret, endpoint=made.endpoint, overlap_s=3600))
        within(town, lambda: say(town, *things(1)))
        deliver(town)
        pass_time(3601)
        within(town, lambda: say(town, *things(1)))
        deliver(town)
    during, after = receiver.requests
    assert Webhook(made.secret).verify(during.body, during.headers) == json.loads(during.body)
    assert Webhook(new).verify(during.body, during.headers) == json.loads(during.body)
    assert Webhook(new).verify(after.body, after.headers) == json.loads(after.body)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(after.body, after.headers)


def test_after_the_last_attempt_it_is_given_up_and_can_be_replayed(town: House) -> None:
    with Receiver(then=_BROKEN) as receiver:
        endpoint_at(town, receiver)
        within(town, lambda: say(town, *things(1)))
        for _attempt in range(MOST_ATTEMPTS):
            deliver(town)
            Delivery.objects.update(next_attempt_at=only().created_at)
        assert (only().state, only().attempts) == ("failed", MOST_ATTEMPTS)
        assert deliver(town) == 0
        receiver.then = status("204 No Content")
        within(town, lambda: as_owner(town, replay_delivery, delivery_id=only().id))
        deliver(town)
    assert (only().state, only().attempts, only().replays) == ("delivered", 1, 1)
    assert len(receiver.requests) == MOST_ATTEMPTS + 1
    assert len({(got.id, got.body) for got in receiver.requests}) == 1


@pytest.mark.parametrize("line", ["429 Too Many Requests", "503 Service Unavailable"])
def test_retry_after_holds_the_whole_endpoint_back(town: House, line: str) -> None:
    with Receiver(status(line, "Retry-After: 900")) as receiver:
        made = endpoint_at(town, receiver, concurrency=1)
        within(town, lambda: say(town, *things(3)))
        deliver(town, rounds=2)
        assert len(receiver.requests) == 1, "what was claimed already went back unsent"
        assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 1]
        assert 890 <= pause_s(made.endpoint) <= 901
        pass_time(901)
        deliver(town, rounds=2)
    assert states() == ["delivered"] * 3


def test_gone_disables_the_endpoint_at_once_and_says_so(town: House) -> None:
    with Receiver(status("410 Gone")) as receiver:
        made = endpoint_at(town, receiver, concurrency=1)
        within(town, lambda: say(town, *things(2)))
        deliver(town, rounds=2)
        assert len(receiver.requests) == 1
        assert states() == ["pending", "pending"]
        endpoint = WebhookEndpoint.objects.get()
        assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, "gone")
        assert {address for sent in mail.outbox for address in sent.to} == {town.owner.email, town.admin.email}
        assert AuditEvent.objects.filter(stream_id=endpoint.id, action="endpoint.disabled").count() == 1
        within(town, lambda: as_owner(town, enable_endpoint, endpoint=made.endpoint))
        pass_time(6)
        deliver(town, rounds=2)
    assert states() == ["delivered", "delivered"]


def test_five_days_of_failure_disable_the_endpoint_and_what_waits_is_kept(town: House) -> None:
    with Receiver(_BROKEN, _BROKEN) as receiver:
        made = endpoint_at(town, receiver)
        within(town, lambda: say(town, *things(1)))
        deliver(town)
        pass_time(5 * 86_400 + 60)
        deliver(town)
        endpoint = WebhookEndpoint.objects.get()
        assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, "failing")
        assert len(mail.outbox) == 2
        pass_time(86_400)
        assert deliver(town) == 0
        within(town, lambda: as_owner(town, enable_endpoint, endpoint=made.endpoint))
        deliver(town)
    assert states() == ["delivered"]


def test_a_redirect_is_a_failure_and_is_not_followed(town: House) -> None:
    with Receiver() as elsewhere, Receiver(status("302 Found", f"Location: {elsewhere.url}")) as receiver:
        endpoint_at(town, receiver)
        within(town, lambda: say(town, *things(1)))
        deliver(town)
    assert elsewhere.requests == []
    assert (only().state, attempts()[0].status) == ("pending", 302)


def test_an_item_s_events_keep_their_order_while_others_pass(town: House) -> None:
    (late, other) = things(2)
    with Receiver(_BROKEN) as receiver:
        endpoint_at(town, receiver, concurrency=1)
        first, second, third = within(town, lambda: [say(town, one)[0] for one in (late, late, other)])
        deliver(town, rounds=3)
        assert [str(first), str(third)] == receiver.ids
        pass_time(6)
        deliver(town, rounds=3)
    assert receiver.ids == [str(first), str(third), str(first), str(second)]


def test_an_endpoint_never_gets_more_at_once_than_it_wants(town: House) -> None:
    with Receiver(then=slow(0.05)) as receiver:
        endpoint_at(town, receiver, concurrency=3)
        within(town, lambda: say(town, *things(30)))
        deliver(town, rounds=2)
    assert states() == ["delivered"] * 30
    assert 2 <= receiver.most_at_once <= 3


def test_what_a_stopped_sender_held_is_sent_again_under_the_same_id(town: House) -> None:
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        within(town, lambda: say(town, *things(1)))
        deliver(town)
        # As if the process had died between the answer and writing it down.
        DeliveryAttempt.objects.all().delete()
        Delivery.objects.update(state="sending", attempts=0, finished_at=None, lease_until=only().created_at)
        deliver(town)
        assert (only().state, only().attempts) == ("pending", 1)
        pass_time(6)
        deliver(town)
    assert only().state == "delivered"
    assert len({(got.id, got.body) for got in receiver.requests}) == 1
    assert len(receiver.requests) == 2


def test_an_address_that_is_not_listed_is_never_called(town: House) -> None:
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
        WebhookEndpoint.objects.filter(id=made.endpoint.id).update(url="http://[::ffff:127.0.0.1]/hooks")
        within(town, lambda: say(town, *things(1)))
        deliver(town)
    assert receiver.requests == []
    assert (only().state, attempts()[0].status) == ("pending", None)
    assert attempts()[0].error


def test_a_disabled_endpoint_gets_what_it_missed_by_replaying_the_period(town: House) -> None:
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
        within(town, lambda: as_owner(town, disable_endpoint, endpoint=made.endpoint))
        within(town, lambda: say(town, *things(3)))
        deliver(town)
        assert Delivery.objects.count() == 0
        within(town, lambda: as_owner(town, enable_endpoint, endpoint=made.endpoint))
        last = max(at for at in OutboxMessage.objects.values_list("published_at", flat=True) if at)
        since, until = last - timedelta(hours=1), last
        count = within(
            town,
            lambda: as_owner(
                town, replay_range, endpoint=made.endpoint, since=since, until=until + timedelta(seconds=1)
            ),
        )
        assert count == 3
        deliver(town)
    assert states() == ["delivered"] * 3
    assert len(set(receiver.ids)) == 3

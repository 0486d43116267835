"""Sending again, and letting go of what is past its time."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from governance.domain import ConflictError, InvalidError, NotFoundError, uuid7
from governance.models import (
    AuditEvent,
    AuditPayload,
    Delivery,
    DeliveryAttempt,
    EventFeed,
    OutboxMessage,
    WebhookSecret,
)
from governance.selectors.feed import FeedExpiredError, FeedPage, events_after
from governance.services import replays
from governance.services.endpoints import (
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    replay_delivery,
    replay_range,
    rotate_secret,
)
from governance.services.forgetting import forget_events
from governance.services.relay import publish_due
from tests.conftest import House
from tests.governance.delivery.receiver import Receiver, status
from tests.governance.delivery.scene import (
    as_owner,
    attempts,
    deliver,
    endpoint_at,
    only,
    pass_time,
    say,
    states,
    things,
    within,
)
from tests.invariants import broken
from tests.threads import together

pytestmark = pytest.mark.services
DAY_S = 86_400


def last_hour() -> dict[str, datetime]:
    return {"since": timezone.now() - timedelta(hours=1), "until": timezone.now() + timedelta(minutes=1)}


def feed(house: House, **query: Any) -> FeedPage:
    return events_after(house.actor(house.auditor), **({"after": None, "limit": 100, "types": ()} | query))


def ids(page: FeedPage) -> list[str]:
    return [json.loads(event)["id"] for event in page.events]


def test_one_delivery_is_sent_again_with_the_same_id_and_bytes(town: House) -> None:
    with Receiver() as receiver:
        endpoint_at(town, receiver)
        say(town, *things(1))
        deliver(town)
        as_owner(town, replay_delivery, delivery_id=only().id)
        assert (only().state, only().attempts, only().replays) == ("pending", 0, 1)
        deliver(town)
    first, second = receiver.requests
    assert (first.id, first.body) == (second.id, second.body)
    assert (only().state, len(attempts())) == ("delivered", 2)
    assert AuditEvent.objects.latest("id").action == "delivery.replayed"
    assert broken() == {}


def test_what_was_given_up_starts_from_its_first_attempt(town: House) -> None:
    with Receiver(status("500 Oops")) as receiver:
        endpoint_at(town, receiver)
        say(town, *things(1))
        publish_due()
        Delivery.objects.update(attempts=9)
        deliver(town)
        assert only().state == "failed"
        as_owner(town, replay_delivery, delivery_id=only().id)
        deliver(town)
    assert (only().state, only().attempts) == ("delivered", 1)


def test_what_is_on_its_way_is_not_sent_again(town: House) -> None:
    with Receiver() as receiver:
        endpoint_at(town, receiver)
    say(town, *things(1))
    publish_due()
    with pytest.raises(ConflictError, match="on its way"):
        as_owner(town, replay_delivery, delivery_id=only().id)
    with pytest.raises(NotFoundError):
        as_owner(town, replay_delivery, delivery_id=uuid7())


def test_a_period_is_sent_again_with_what_was_published_while_the_endpoint_was_off(town: House) -> None:
    with Receiver() as receiver:
        endpoint = endpoint_at(town, receiver, event_types=["item.resolved"]).endpoint
        (before,) = say(town, *things(1))
        deliver(town)
        as_owner(town, disable_endpoint, endpoint=endpoint)
        (missed,) = say(town, *things(1))
        say(town, *things(1), kind="item.amended")
        publish_due()
        assert as_owner(town, replay_range, endpoint=endpoint, **last_hour()) == 2
        assert deliver(town) == 0
        as_owner(town, enable_endpoint, endpoint=endpoint)
        deliver(town)
    assert receiver.ids == [str(before), str(before), str(missed)]
    payload = AuditPayload.objects.get(event_id=AuditEvent.objects.get(action="deliveries.replayed").id)
    assert json.loads(bytes(payload.body))["count"] == 2
    assert broken() == {}


def test_an_endpoint_gets_what_was_published_before_there_was_one(town: House) -> None:
    old = say(town, *things(3))
    publish_due()
    with Receiver() as receiver:
        endpoint = endpoint_at(town, receiver).endpoint
        assert as_owner(town, replay_range, endpoint=endpoint, **last_hour()) == 3
        deliver(town)
    assert set(receiver.ids) == {str(id) for id in old}


def test_a_period_has_bounds_and_a_size(town: House, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = as_owner(town, create_endpoint, name="CRM", url="https://hooks.example.com/").endpoint
    now = timezone.now()
    with pytest.raises(InvalidError, match="ends before it begins"):
        as_owner(town, replay_range, endpoint=endpoint, since=now, until=now)
    say(town, *things(5))
    publish_due()
    Delivery.objects.update(state="failed", finished_at=now)
    monkeypatch.setattr(replays, "MOST_REPLAYED", 4)
    with pytest.raises(InvalidError, match="more than 4 events"):
        as_owner(town, replay_range, endpoint=endpoint, **last_hour())
    assert set(states()) == {"failed"}


def test_two_replays_of_the_same_period_take_turns(town: House) -> None:
    endpoint = as_owner(town, create_endpoint, name="CRM", url="https://hooks.example.com/").endpoint
    say(town, *things(1500))
    publish_due()
    Delivery.objects.update(state="delivered", finished_at=timezone.now())
    actor = within(town, lambda: town.actor(town.owner))
    period = last_hour()
    results = together(
        [lambda: within(town, lambda: replay_range(actor=actor, endpoint=endpoint, **period)) for _time in range(4)],
    )
    assert sorted(int(str(result)) for result in results) == [0, 0, 0, 1500]


def test_past_events_go_with_their_deliveries_and_the_feed_says_so(town: House) -> None:
    with Receiver() as receiver:
        made = endpoint_at(town, receiver)
        say(town, *things(3))
        deliver(town)
        as_owner(town, rotate_secret, endpoint=made.endpoint, overlap_s=60)
        pass_time(31 * DAY_S)
        (fresh,) = say(town, *things(1))
        deliver(town)
    assert forget_events() == 3
    assert forget_events() == 0
    assert EventFeed.objects.get().forgotten_seq == 3
    assert OutboxMessage.objects.count() == Delivery.objects.count() == DeliveryAttempt.objects.count() == 1
    assert WebhookSecret.objects.count() == 1
    with pytest.raises(FeedExpiredError) as refusal:
        feed(town, after=2)
    assert (refusal.value.status, refusal.value.extra) == (410, {"oldest_after": 3})
    assert ids(feed(town)) == ids(feed(town, after=3)) == [str(fresh)]
    assert broken() == {}


def test_what_an_endpoint_still_waits_for_is_kept(town: House) -> None:
    with Receiver(then=status("500 Oops")) as receiver:
        endpoint = endpoint_at(town, receiver).endpoint
        say(town, *things(2))
        deliver(town)
        pass_time(31 * DAY_S)
        assert forget_events() == 0
        as_owner(town, disable_endpoint, endpoint=endpoint)
        assert forget_events() == 2
    assert broken() == {}


def test_the_feed_is_read_in_pages_by_type(town: House) -> None:
    wanted: list[UUID] = []
    for _turn in range(5):
        say(town, *things(1), kind="item.amended")
        wanted += say(town, *things(1))
        publish_due()
    first = feed(town, limit=3, types=["item.resolved"])
    assert (ids(first), first.has_more) == ([str(id) for id in wanted[:3]], True)
    rest = feed(town, after=first.next_after, limit=3, types=["item.resolved"])
    assert (ids(rest), rest.has_more, rest.next_after) == ([str(id) for id in wanted[3:]], False, 10)
    assert feed(town, after=10, types=["item.resolved"]) == FeedPage([], 10, has_more=False)
    assert feed(town, after=99).next_after == 99


def test_a_feed_without_events_is_empty(town: House) -> None:
    assert feed(town) == FeedPage([], 0, has_more=False)
    assert feed(town, after=0) == FeedPage([], 0, has_more=False)

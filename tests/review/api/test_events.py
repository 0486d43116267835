"""The event feed: the bytes that webhooks carry, in order, for those alone who never review."""

import json
from typing import Any

import pytest

from governance.domain import CAPABILITIES, Capability, Role
from governance.models import EventFeed, OutboxMessage
from governance.services.endpoints import ping_endpoint
from tests.conftest import House
from tests.delivering import endpoint_of, publish
from tests.review.api.conftest import Api

EVENTS = "/api/v1/events/"


@pytest.fixture
def told(house: House) -> list[str]:
    """Three published events; their items' ids, in the order of the feed."""
    house.in_review("one", "two", "three", confidence=0.95)
    publish(house)
    return [str(message.stream_id) for message in OutboxMessage.objects.order_by("published_seq")]


def test_the_feed_is_read_to_its_end_by_the_cursor(house: House, api: Api, told: list[str]) -> None:
    client = api(house.integrator)
    pages: list[Any] = []
    after: dict[str, int] = {}
    for _page in range(2):
        pages.append(client.get(EVENTS, {"limit": 2} | after).json())
        after = {"after": pages[-1]["next_after"]}

    assert [page["has_more"] for page in pages] == [True, False]
    assert [event["subject"] for page in pages for event in page["events"]] == told
    assert client.get(EVENTS, after).json() == {"events": [], "next_after": pages[-1]["next_after"], "has_more": False}


def test_events_are_the_stored_bytes(house: House, api: Api, told: list[str]) -> None:
    answer = api(house.auditor).get(EVENTS)

    bodies = [bytes(message.body or b"") for message in OutboxMessage.objects.order_by("published_seq")]
    assert answer["Content-Type"] == "application/json"
    assert answer.content.startswith(b'{"events":[' + b",".join(bodies) + b"]")
    event = answer.json()["events"][0]
    assert (event["specversion"], event["type"], event["data"]["item"]) == ("1.0", "item.resolved", told[0])
    assert event["source"].endswith(f"/w/{house.workspace.slug}")


def test_pings_are_no_part_of_the_feed_and_types_can_be_chosen(house: House, api: Api, told: list[str]) -> None:
    ping_endpoint(actor=house.actor(house.owner), endpoint=endpoint_of(house))
    publish(house)
    client = api(house.integrator)

    assert len(client.get(EVENTS).json()["events"]) == len(told)
    amended = client.get(EVENTS, {"types": "item.amended"}).json()
    assert (amended["events"], amended["has_more"]) == ([], False)
    assert len(client.get(EVENTS, {"types": "item.amended,item.resolved"}).json()["events"]) == len(told)


def test_a_cursor_older_than_what_is_kept_is_gone(house: House, api: Api, told: list[str]) -> None:
    OutboxMessage.objects.filter(published_seq__lte=2).delete()
    EventFeed.objects.update(forgotten_seq=2)
    client = api(house.integrator)

    gone = client.get(EVENTS, {"after": 1})

    assert (gone.status_code, gone.json()["code"], gone.json()["oldest_after"]) == (410, "feed_expired", 2)
    assert [event["subject"] for event in client.get(EVENTS, {"after": 2}).json()["events"]] == told[2:]
    assert [event["subject"] for event in client.get(EVENTS).json()["events"]] == told[2:]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("after", "-1"),
        ("after", "x"),
        ("after", ""),
        ("after", "1.5"),
        ("after", "\uff19"),
        ("after", "9" * 30),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "9" * 400),
        ("types", "item.deleted"),
        ("types", "webhook.ping"),
        ("types", "\x00"),
    ],
)
def test_a_parameter_that_means_nothing_is_named(house: House, api: Api, name: str, text: str) -> None:
    answer = api(house.integrator).get(EVENTS, {name: text})

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, name)


def test_an_empty_feed_is_an_empty_page(house: House, api: Api) -> None:
    assert api(house.auditor).get(EVENTS).json() == {"events": [], "next_after": 0, "has_more": False}


def test_nobody_reads_the_feed_who_may_claim() -> None:
    assert not [role for role in Role if {Capability.SEE_EVENTS, Capability.REVIEW} <= CAPABILITIES[role]]


def test_a_feed_is_one_workspaces_own(house: House, api: Api, told: list[str]) -> None:
    answer = api(house.outsider).get(EVENTS)

    assert answer.status_code == 403
    assert not any(item in json.dumps(answer.json()) for item in told)

"""Webhook endpoints by API: made, changed, switched, given new secrets, tried out, replayed."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import Delivery, OutboxMessage, WebhookEndpoint
from tests.conftest import House
from tests.delivering import attempted, endpoint_of, publish
from tests.review.api.conftest import Api

WEBHOOKS = "/api/v1/webhooks/"
NEW = {"name": "CRM", "url": "https://hooks.example.com/review"}


def test_a_secret_is_shown_once(house: House, api: Api) -> None:
    client = api(house.owner)

    made = client.post(WEBHOOKS, NEW, format="json")

    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    one = f"{WEBHOOKS}{made.json()['id']}/"
    changed = client.put(one, {"name": "Shop"}, format="json")
    told = b"".join(answer.content for answer in (client.get(WEBHOOKS), client.get(one), changed))
    assert secret.encode() not in told
    assert b"secret" not in told
    rotated = client.post(f"{one}rotate/", {"overlap_s": 60}, format="json").json()["secret"]
    assert rotated != secret


def test_an_endpoint_is_as_it_was_asked_for(house: House, api: Api) -> None:
    asked = NEW | {"event_types": ["item.resolved"], "workflows": ["support-triage"], "concurrency": 2}

    made = api(house.owner).post(WEBHOOKS, asked, format="json").json()

    (listed,) = api(house.auditor).get(WEBHOOKS).json()["webhooks"]
    assert {name: listed[name] for name in asked} == asked
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    assert (listed["is_enabled"], listed["disabled_reason"], listed["failing_since"]) == (True, "", None)


def test_what_is_left_out_of_a_change_stays(house: House, api: Api) -> None:
    endpoint = endpoint_of(house, event_types=["item.amended"], concurrency=2)
    client = api(house.owner)

    changed = client.put(f"{WEBHOOKS}{endpoint.id}/", {"name": "Shop"}, format="json").json()
    off = client.put(f"{WEBHOOKS}{endpoint.id}/", {"is_enabled": False}, format="json").json()
    on = client.put(f"{WEBHOOKS}{endpoint.id}/", {"is_enabled": True, "event_types": []}, format="json").json()

    assert (changed["name"], changed["event_types"], changed["concurrency"]) == ("Shop", ["item.amended"], 2)
    assert (off["is_enabled"], off["disabled_reason"]) == (False, "by_hand")
    assert off["disabled_at"]
    assert (on["is_enabled"], on["disabled_reason"], on["event_types"], on["name"]) == (True, "", [], "Shop")


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": 7}, "/name"),
        ({"url": ""}, "/url"),
        ({"url": "https://hooks.example.com/" + "a" * 1000}, "/url"),
        ({"event_types": "item.resolved"}, "/event_types"),
        ({"event_types": [7]}, "/event_types"),
        ({"workflows": ["no-such"]}, "/workflows/0"),
        ({"workflows": None}, "/workflows"),
        ({"concurrency": 0}, "/concurrency"),
        ({"concurrency": 33}, "/concurrency"),
        ({"concurrency": True}, "/concurrency"),
        ({"secret": "whsec_mine"}, "/secret"),
        ({"is_enabled": False}, "/is_enabled"),
    ],
)
def test_a_member_that_can_not_be_taken_is_named(house: House, api: Api, wrong: dict[str, Any], place: str) -> None:
    answer = api(house.owner).post(WEBHOOKS, NEW | wrong, format="json")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    assert [error["pointer"] for error in answer.json()["errors"]] == [place]
    house.enter()
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"event_types": ["item.deleted"]}, "event_types"),
        ({"url": "ftp://hooks.example.com/"}, "url"),
        ({"url": "https://10.0.0.7/"}, "url"),
        ({"url": "https://169.254.169.254/latest/"}, "url"),
        ({"url": "https://me:secret@hooks.example.com/"}, "url"),
        ({"url": "hooks"}, "url"),
    ],
)
def test_what_the_service_refuses_names_its_field(house: House, api: Api, wrong: dict[str, Any], field: str) -> None:
    client = api(house.owner)
    made = client.post(WEBHOOKS, NEW | wrong, format="json")
    endpoint = endpoint_of(house)
    changed = client.put(f"{WEBHOOKS}{endpoint.id}/", wrong, format="json")

    for answer in (made, changed):
        assert answer.status_code == 422, answer.content
        assert answer.json()["field"] == field
    house.enter()
    (kept,) = WebhookEndpoint.objects.all()
    assert (kept.url, kept.event_types) == (endpoint.url, [])


def test_a_name_belongs_to_one_endpoint(house: House, api: Api) -> None:
    endpoint_of(house)

    answer = api(house.owner).post(WEBHOOKS, NEW, format="json")

    assert (answer.status_code, answer.json()["field"]) == (422, "name")


@pytest.mark.parametrize("overlap_s", [-1, 604801, "60", 1.5])
def test_an_overlap_out_of_range_is_refused(house: House, api: Api, overlap_s: Any) -> None:
    endpoint = endpoint_of(house)

    answer = api(house.owner).post(f"{WEBHOOKS}{endpoint.id}/rotate/", {"overlap_s": overlap_s}, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/overlap_s")


def test_a_ping_goes_to_its_endpoint_alone_and_shows_in_its_deliveries(house: House, api: Api) -> None:
    endpoint, other = endpoint_of(house), endpoint_of(house, "Shop")
    client = api(house.owner)

    answer = client.post(f"{WEBHOOKS}{endpoint.id}/ping/")

    assert answer.status_code == 202
    publish(house)
    (delivery,) = client.get(f"{WEBHOOKS}{endpoint.id}/deliveries/").json()["deliveries"]
    assert (delivery["event"], delivery["type"], delivery["item"]) == (answer.json()["event"], "webhook.ping", None)
    assert client.get(f"{WEBHOOKS}{other.id}/deliveries/").json()["deliveries"] == []


def test_a_period_is_replayed_and_counted(house: House, api: Api) -> None:
    endpoint = endpoint_of(house)
    house.in_review("one", "two", confidence=0.95)
    publish(house)
    for delivery in Delivery.objects.all():
        attempted(delivery, "delivered", status=200)
    OutboxMessage.objects.update(published_at=timezone.now())
    client = api(house.owner)
    since, until = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1)

    answer = client.post(
        f"{WEBHOOKS}{endpoint.id}/replay/", {"since": since.isoformat(), "until": until.isoformat()}, format="json"
    )

    assert answer.json() == {"count": 2}
    again = client.get(f"{WEBHOOKS}{endpoint.id}/deliveries/", {"state": "pending"}).json()["deliveries"]
    assert [(one["attempts"], one["replays"]) for one in again] == [(0, 1), (0, 1)]


@pytest.mark.parametrize(
    "period",
    [
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
        {"since": "2026-01-02T00:00:00", "until": "2026-01-03T00:00:00Z"},
        {"since": "yesterday", "until": "2026-01-03T00:00:00Z"},
        {"since": "2026-01-02T00:00:00Z"},
        {},
    ],
)
def test_a_period_that_is_none_is_refused(house: House, api: Api, period: dict[str, str]) -> None:
    endpoint = endpoint_of(house)

    answer = api(house.owner).post(f"{WEBHOOKS}{endpoint.id}/replay/", period, format="json")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")


def test_a_browser_proves_itself_before_it_gets_a_secret(house: House) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": house.owner.email, "password": "correct horse"})
    headers = {"Aios-Workspace": house.workspace.slug}

    def create(name: str) -> Any:
        return client.post(WEBHOOKS, NEW | {"name": name}, content_type="application/json", headers=headers)

    refused = create("before")
    client.post("/accounts/reauthenticate/", {"password": "correct horse"})
    made = create("after")
    session = client.session
    session["account_authentication_methods"][-1]["at"] = time.time() - 3600
    session["account_authentication_methods"] = list(session["account_authentication_methods"])
    session.save()
    late = client.post(f"{WEBHOOKS}{made.json()['id']}/rotate/", {}, content_type="application/json", headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "proof_needed")
    assert made.status_code == 201
    assert (late.status_code, late.json()["code"]) == (403, "proof_needed")

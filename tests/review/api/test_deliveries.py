"""Deliveries by API, on their own, in the log and with their item; and what of them a blind review keeps back."""

from typing import Any
from uuid import UUID

import pytest

from governance.models import Delivery, WebhookEndpoint
from review.selectors.delivery_log import PAGE
from tests.conftest import House
from tests.delivering import attempted, endpoint_of, publish
from tests.review.api.conftest import Api, claim_one, decide


@pytest.fixture
def endpoint(house: House) -> WebhookEndpoint:
    """An endpoint that gets everything."""
    return endpoint_of(house)


def log_of(client: Any, endpoint: WebhookEndpoint, **asked: Any) -> Any:
    return client.get(f"/api/v1/webhooks/{endpoint.id}/deliveries/", asked)


def test_a_delivery_tells_every_attempt(house: House, api: Api, endpoint: WebhookEndpoint) -> None:
    (item_id,) = house.in_review("one", confidence=0.95)
    publish(house)
    attempted(Delivery.objects.get(), status=None, error="no answer within 15 s")
    attempted(Delivery.objects.get(), status=503, response_excerpt="<b>busy</b>")
    client = api(house.auditor)

    (line,) = log_of(client, endpoint).json()["deliveries"]
    one = client.get(f"/api/v1/deliveries/{line['id']}/").json()

    assert (line["item"], line["type"], line["state"]) == (str(item_id), "item.resolved", "pending")
    assert (line["attempts"], line["last_status"], line["webhook_name"]) == (2, 503, "CRM")
    assert line["next_attempt_at"]
    assert {name: one[name] for name in line} == line
    assert [(try_["number"], try_["status"], try_["error"]) for try_ in one["tries"]] == [
        (1, None, "no answer within 15 s"),
        (2, 503, ""),
    ]
    assert one["tries"][1]["response_excerpt"] == "<b>busy</b>"


def test_the_log_pages_newest_first_and_filters_by_state(house: House, api: Api, endpoint: WebhookEndpoint) -> None:
    house.in_review(*[f"text {number}" for number in range(PAGE + 3)], confidence=0.95)
    publish(house)
    attempted(Delivery.objects.all()[0], "failed", status=500)
    client = api(house.owner)

    first = log_of(client, endpoint).json()
    second = log_of(client, endpoint, before=first["next_before"]).json()

    ids = [one["id"] for page in (first, second) for one in page["deliveries"]]
    assert (len(first["deliveries"]), len(second["deliveries"]), second["next_before"]) == (PAGE, 3, None)
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == PAGE + 3
    assert [one["state"] for one in log_of(client, endpoint, state="failed").json()["deliveries"]] == ["failed"]


@pytest.mark.parametrize(("name", "text"), [("state", "lost"), ("before", "x"), ("before", "\x00")])
def test_a_parameter_that_means_nothing_is_named(
    house: House, api: Api, endpoint: WebhookEndpoint, name: str, text: str
) -> None:
    answer = log_of(api(house.owner), endpoint, **{name: text})

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, name)


def test_one_delivery_is_sent_again(house: House, api: Api, endpoint: WebhookEndpoint) -> None:
    house.in_review("one", confidence=0.95)
    publish(house)
    delivery = Delivery.objects.get()
    attempted(delivery, "delivered", status=200)
    client = api(house.owner)

    again = client.post(f"/api/v1/deliveries/{delivery.id}/replay/")
    twice = client.post(f"/api/v1/deliveries/{delivery.id}/replay/")

    assert (again.json()["state"], again.json()["replays"], again.json()["event"]) == (
        "pending",
        1,
        str(delivery.message_id),
    )
    assert twice.status_code == 409


def test_while_the_endpoint_is_off_there_is_no_next_attempt(house: House, api: Api, endpoint: WebhookEndpoint) -> None:
    house.in_review("one", confidence=0.95)
    publish(house)
    client = api(house.owner)
    waiting = log_of(client, endpoint).json()["deliveries"][0]["next_attempt_at"]
    client.put(f"/api/v1/webhooks/{endpoint.id}/", {"is_enabled": False}, format="json")

    assert waiting is not None
    assert log_of(client, endpoint).json()["deliveries"][0]["next_attempt_at"] is None


def test_an_item_tells_where_its_events_stand(house: House, api: Api, endpoint: WebhookEndpoint) -> None:
    shop = endpoint_of(house, "Shop")
    (item_id,) = house.in_review("one", confidence=0.95)
    before = api(house.integrator).get(f"/api/v1/items/{item_id}/").json()["outbox"]
    publish(house)
    attempted(Delivery.objects.get(endpoint=shop), "delivered", status=204)
    (message,) = api(house.integrator).get(f"/api/v1/items/{item_id}/").json()["outbox"]

    assert before[0]["deliveries"] == []
    assert [(one["webhook_name"], one["state"], one["attempts"]) for one in message["deliveries"]] == [
        ("CRM", "pending", 0),
        ("Shop", "delivered", 1),
    ]
    assert message["deliveries"][0]["next_attempt_at"]
    assert message["deliveries"][1]["next_attempt_at"] is None


def blind(house: House, owner_may_claim: bool) -> UUID:
    """Accept one item automatically that is drawn as well, and publish it; the owner may be on its queue."""
    house.workflow.draw_rate = 1.0
    house.workflow.save()
    if owner_may_claim:
        house.queue.members.add(house.owner, through_defaults={"workspace": house.workspace})
    (item_id,) = house.in_review("drawn", confidence=0.99)
    publish(house)
    return item_id


def test_whoever_may_be_asked_blind_finds_no_delivery_of_the_item(
    house: House, api: Api, endpoint: WebhookEndpoint
) -> None:
    item_id = blind(house, owner_may_claim=True)
    attempted(Delivery.objects.get(), "delivered", status=200)
    delivery = Delivery.objects.get()
    client = api(house.owner)

    assert log_of(client, endpoint).json() == {"deliveries": [], "next_before": None}
    assert log_of(client, endpoint, state="delivered").json()["deliveries"] == []
    seen = client.get(f"/api/v1/deliveries/{delivery.id}/")
    again = client.post(f"/api/v1/deliveries/{delivery.id}/replay/")
    unknown = client.get(f"/api/v1/deliveries/{item_id}/")
    assert (seen.status_code, again.status_code) == (404, 404)
    assert seen.json()["detail"] == unknown.json()["detail"]
    assert "outbox" not in client.get(f"/api/v1/items/{item_id}/").json()
    house.enter()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.replays) == ("delivered", 0)


def test_those_who_are_not_asked_see_it(house: House, api: Api, endpoint: WebhookEndpoint) -> None:
    item_id = blind(house, owner_may_claim=False)

    for person in (house.owner, house.auditor):
        (line,) = log_of(api(person), endpoint).json()["deliveries"]
        assert line["item"] == str(item_id)
        assert api(person).get(f"/api/v1/deliveries/{line['id']}/").status_code == 200


def test_the_veil_over_deliveries_lifts_with_the_answer(house: House, api: Api, endpoint: WebhookEndpoint) -> None:
    blind(house, owner_may_claim=True)
    client = api(house.owner)
    decide(client, claim_one(client), action="correct", label="other")

    during = log_of(client, endpoint).json()["deliveries"]
    house.enter()
    house.queue.undo_window_s = 0
    house.queue.save()

    assert during == []
    assert len(log_of(client, endpoint).json()["deliveries"]) == 1

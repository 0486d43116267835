"""The delivery log as a page: what it shows to whom, and what its buttons do."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import Delivery, OutboxMessage, WebhookEndpoint
from governance.services.endpoints import disable_endpoint
from tests.conftest import House
from tests.delivering import attempted, endpoint_of, publish
from tests.review.views.test_pages import Browser, browser, page, statements_of  # noqa: F401 - the fixture


@pytest.fixture
def endpoint(house: House) -> WebhookEndpoint:
    """An endpoint that gets everything."""
    return endpoint_of(house)


@pytest.fixture
def owner(house: House, browser: Browser) -> Client:  # noqa: F811 - the fixture
    """The owner's browser."""
    return browser(house.owner)


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def found(client: Client, house: House, **asked: str) -> list[Any]:
    answer = client.get(page(house, "deliveries"), asked)
    assert answer.status_code == 200
    return list(answer.context["log"].deliveries)


def test_before_the_first_endpoint_the_page_leads_to_one(house: House, owner: Client) -> None:
    shown = text(owner.get(page(house, "deliveries")))

    assert "No endpoint yet" in shown
    assert "/admin/governance/webhookendpoint/add/" in shown
    endpoint_of(house)
    assert "Nothing has been delivered yet" in text(owner.get(page(house, "deliveries")))
    assert "Nothing found" in text(owner.get(page(house, "deliveries"), {"state": "failed"}))


def test_each_filter_narrows_the_log(house: House, owner: Client, endpoint: WebhookEndpoint) -> None:
    shop = endpoint_of(house, "Shop")
    house.in_review("one", "two", confidence=0.95)
    publish(house)
    attempted(Delivery.objects.filter(endpoint=shop)[0], "failed", status=500)
    Delivery.objects.filter(endpoint=endpoint).update(created_at=timezone.now() - timedelta(days=3))
    (first, *_rest) = found(owner, house)

    assert len(found(owner, house)) == 4
    assert {one.endpoint_name for one in found(owner, house, endpoint=str(shop.id))} == {"Shop"}
    assert [one.state for one in found(owner, house, state="failed")] == ["failed"]
    assert {one.endpoint_name for one in found(owner, house, period="day")} == {"Shop"}
    assert len(found(owner, house, period="week")) == 4
    assert {one.item_id for one in found(owner, house, external_id=first.external_id)} == {first.item_id}
    assert found(owner, house, external_id="no-such") == []
    nonsense = {"state": "x", "endpoint": "x", "period": "x", "before": "x", "external_id": "\x00"}
    assert len(found(owner, house, **nonsense)) == 4
    assert len(found(owner, house, before=str(first.id))) == 3


def test_a_delivery_is_told_in_words(house: House, owner: Client, endpoint: WebhookEndpoint) -> None:
    house.in_review("one", confidence=0.95)
    publish(house)
    delivery = Delivery.objects.get()
    assert "due now" in text(owner.get(page(house, "deliveries")))
    attempted(delivery, status=503, response_excerpt="<script>alert(1)</script> \u202eevil")

    shown = text(owner.get(page(house, "deliveries")))
    tries = owner.get(page(house, "delivery", delivery_id=delivery.id), headers={"HX-Request": "true"})

    assert "tried, waits" in shown
    assert "503 Service Unavailable" in shown
    assert "<html" not in text(tries)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text(tries)
    assert "U+202E" in text(tries)
    assert "\u202e" not in text(tries)
    assert "Send again" in text(tries)
    whole = text(owner.get(page(house, "delivery", delivery_id=delivery.id)))
    assert "<html" in whole
    assert str(delivery.message_id) in whole


def test_the_next_event_of_an_item_waits_for_the_one_before(
    house: House, owner: Client, endpoint: WebhookEndpoint
) -> None:
    (item_id,) = house.in_review("one", confidence=0.95)
    first = OutboxMessage.objects.get()
    OutboxMessage.objects.create(
        workspace=house.workspace,
        type="item.amended",
        stream_kind="item",
        stream_id=item_id,
        dedupe_key="again",
        data=first.data,
        due_at=timezone.now(),
        recorded_at=timezone.now(),
    )
    publish(house)
    publish(house)

    later, earlier = found(owner, house)
    assert (later.type, later.is_behind) == ("item.amended", True)
    assert (earlier.type, earlier.is_behind) == ("item.resolved", False)
    assert "after the event before it" in text(owner.get(page(house, "deliveries")))


def test_htmx_gets_the_live_part_alone(house: House, owner: Client, endpoint: WebhookEndpoint) -> None:
    house.in_review("one", confidence=0.95)
    publish(house)

    shown = text(owner.get(page(house, "deliveries"), headers={"HX-Request": "true"}))

    assert "<html" not in shown
    assert f'data-delivery="{Delivery.objects.get().id}"' in shown


def test_one_delivery_is_sent_again(house: House, owner: Client, endpoint: WebhookEndpoint) -> None:
    house.in_review("one", confidence=0.95)
    publish(house)
    delivery = Delivery.objects.get()
    attempted(delivery, "failed", status=500)
    assert "Send again" in text(owner.get(page(house, "delivery", delivery_id=delivery.id)))

    answer = owner.post(page(house, "delivery_replay", delivery_id=delivery.id), follow=True)

    assert "It is sent to CRM again." in text(answer)
    house.enter()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.replays) == ("pending", 1)
    assert owner.post(page(house, "delivery_replay", delivery_id=delivery.id)).status_code == 409


def test_a_period_is_sent_again_and_counted(house: House, owner: Client, endpoint: WebhookEndpoint) -> None:
    house.in_review("one", "two", confidence=0.95)
    publish(house)
    Delivery.objects.update(state="delivered")
    now = timezone.now()
    asked = {
        "endpoint": str(endpoint.id),
        "since": (now - timedelta(hours=1)).isoformat(),
        "until": f"{now:%FT%H:%M:%SZ}",
    }

    early = owner.post(page(house, "deliveries_replay"), asked | {"until": asked["since"]})
    OutboxMessage.objects.update(published_at=now - timedelta(minutes=5))
    answer = owner.post(page(house, "deliveries_replay"), asked, follow=True)

    assert "The period ends before it begins." in text(early)
    assert "data-open" in text(early)
    assert f'hx-get="{page(house, "deliveries")}' in text(early)
    assert "2 events are sent to CRM again." in text(answer)


@pytest.mark.parametrize(
    "wrong", [{"since": "x"}, {"until": ""}, {"endpoint": "x"}, {"endpoint": ""}, {"since": "2026-13-01T00:00"}]
)
def test_a_replay_that_makes_no_sense_says_so_beside_its_field(
    house: House, owner: Client, endpoint: WebhookEndpoint, wrong: dict[str, str]
) -> None:
    asked = {"endpoint": str(endpoint.id), "since": "2026-01-01T00:00", "until": "2026-01-02T00:00"}

    answer = owner.post(page(house, "deliveries_replay"), asked | wrong)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == list(wrong)


def test_trouble_is_told_with_its_reason_and_a_way_out(house: House, owner: Client, endpoint: WebhookEndpoint) -> None:
    house.in_review("one", confidence=0.95)
    publish(house)
    attempted(Delivery.objects.get(), status=503, error="It answered 503 Service Unavailable")
    WebhookEndpoint.objects.update(failing_since=timezone.now())
    failing = text(owner.get(page(house, "deliveries")))
    disable_endpoint(actor=house.actor(house.owner), endpoint=endpoint)
    off = text(owner.get(page(house, "deliveries")))

    on = text(owner.post(page(house, "endpoint_enable", endpoint_id=endpoint.id), follow=True))

    assert "CRM is failing" in failing
    assert "Last: It answered 503 Service Unavailable." in failing
    assert "CRM is off" in off
    assert "Switched off" in off
    assert "waits, endpoint is off" in off
    assert "CRM is on again." in on
    assert "CRM is off" not in on


def test_an_auditor_reads_and_is_offered_no_button(house: House, browser: Browser, endpoint: WebhookEndpoint) -> None:  # noqa: F811
    house.in_review("one", confidence=0.95)
    publish(house)
    attempted(Delivery.objects.get(), "failed", status=500)
    disable_endpoint(actor=house.actor(house.owner), endpoint=endpoint)
    client = browser(house.auditor)

    shown = text(client.get(page(house, "deliveries")))
    one = text(client.get(page(house, "delivery", delivery_id=Delivery.objects.get().id)))

    assert "given up" in shown
    assert "CRM is off" in shown
    assert "Switch on" not in shown + one
    assert "Replay a period" not in shown
    assert "Send again" not in one


def test_a_full_log_takes_no_more_statements(house: House, owner: Client, endpoint: WebhookEndpoint) -> None:
    house.in_review(*[f"text {number}" for number in range(20)], confidence=0.95)
    publish(house)
    for delivery in Delivery.objects.all():
        attempted(delivery)
    WebhookEndpoint.objects.update(failing_since=timezone.now())
    owner.get(page(house, "deliveries"))

    assert statements_of(owner, page(house, "deliveries")) <= 8


def test_an_item_shows_where_its_events_stand(house: House, browser: Browser, endpoint: WebhookEndpoint) -> None:  # noqa: F811
    (item_id,) = house.in_review("one", confidence=0.95)
    publish(house)
    attempted(Delivery.objects.get(), status=500)
    link = page(house, "delivery", delivery_id=Delivery.objects.get().id)

    for_owner = text(browser(house.owner).get(page(house, "item", item_id=item_id)))
    for_reviewer = text(browser(house.reviewer).get(page(house, "item", item_id=item_id)))

    assert "tried, waits" in for_owner
    assert link in for_owner
    assert "CRM" in for_reviewer
    assert link not in for_reviewer


def test_a_blind_review_keeps_the_log_quiet(house: House, owner: Client, endpoint: WebhookEndpoint) -> None:
    house.workflow.draw_rate = 1.0
    house.workflow.save()
    house.queue.members.add(house.owner, through_defaults={"workspace": house.workspace})
    (item_id,) = house.in_review("a drawn text", confidence=0.95)
    publish(house)
    delivery = Delivery.objects.get()
    attempted(delivery, "delivered", status=200)
    external_id = owner.get(page(house, "item", item_id=item_id)).context["item"].external_id

    for asked in ({}, {"state": "delivered"}, {"external_id": external_id}, {"endpoint": str(endpoint.id)}):
        assert found(owner, house, **asked) == []
    assert owner.get(page(house, "delivery", delivery_id=delivery.id)).status_code == 404
    assert owner.post(page(house, "delivery_replay", delivery_id=delivery.id)).status_code == 404
    item = text(owner.get(page(house, "item", item_id=item_id)))
    assert "CRM" not in item
    assert "delivered" not in item

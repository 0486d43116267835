"""Webhook endpoints in the administration: the password first, the secret once, refusals beside their field."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import AuditEvent, OutboxMessage, WebhookEndpoint, WebhookSecret
from tests.conftest import House, leave_workspace
from tests.delivering import endpoint_of

LIST = "/admin/governance/webhookendpoint/"
ADD = f"{LIST}add/"
NEW = {"name": "CRM", "url": "https://hooks.example.com/review", "concurrency": "4"}


@pytest.fixture
def browser(house: House) -> Client:
    """The owner's browser after the password was asked for."""
    client = Client()
    client.post("/accounts/login/", {"login": house.owner.email, "password": "correct horse"})
    client.post("/accounts/reauthenticate/", {"password": "correct horse"})
    session = client.session
    session["workspace"] = house.workspace.slug
    session.save()
    leave_workspace()
    return client


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def secret_in(page: str) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    assert found is not None
    return found[0]


def test_a_secret_is_shown_once(house: House, browser: Client) -> None:
    page = text(
        browser.post(ADD, NEW | {"event_types": ["item.resolved"], "workflows": ["support-triage"]}, follow=True)
    )

    secret = secret_in(page)
    house.enter()
    made = WebhookEndpoint.objects.get()
    assert (made.event_types, made.workflows, made.concurrency) == (["item.resolved"], ["support-triage"], 4)
    for address in (LIST, f"{LIST}{made.pk}/change/"):
        shown = text(browser.get(address))
        assert secret not in shown
        assert "whsec_" not in shown
    assert secret.encode() not in bytes(WebhookSecret.objects.get().sealed)


def test_the_password_is_asked_for_first_and_the_form_is_kept(house: House) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": house.owner.email, "password": "correct horse"})
    session = client.session
    session["workspace"] = house.workspace.slug
    session.save()
    leave_workspace()

    asked = client.get(ADD)
    stopped = client.post(ADD, NEW)
    house.enter()
    before = WebhookEndpoint.objects.count()
    done = client.post(stopped["Location"], {"password": "correct horse", "next": ADD}, follow=True)

    assert asked["Location"].startswith("/accounts/reauthenticate/?next=")
    assert before == 0
    assert "whsec_" in text(done)
    house.enter()
    assert WebhookEndpoint.objects.get().name == "CRM"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"url": "http://hooks.example.com/"}, "https://"),
        ({"url": "https://10.0.0.7/"}, "private"),
        ({"url": "no address"}, "The address"),
        ({"name": " "}, "This field is required."),
        ({"concurrency": "99"}, "less than or equal to 32"),
        ({"event_types": ["item.deleted"]}, "not one of the available choices"),
        ({"workflows": ["no-such"]}, "not one of the available choices"),
    ],
)
def test_a_refusal_stands_beside_its_field(house: House, browser: Client, wrong: dict[str, Any], message: str) -> None:
    page = text(browser.post(ADD, NEW | wrong))

    (field,) = wrong
    place = page.index(f"field-{field}")
    errors = page[place : place + 1500]
    assert "errorlist" in errors
    assert message in errors
    house.enter()
    assert not WebhookEndpoint.objects.exists()


def test_a_name_that_is_taken_is_refused_beside_the_name(house: House, browser: Client) -> None:
    endpoint_of(house)
    leave_workspace()

    page = text(browser.post(ADD, NEW))

    assert "An endpoint with this name exists." in page[page.index("field-name") :][:1500]


def test_an_endpoint_is_changed_and_leads_to_its_log(house: House, browser: Client) -> None:
    endpoint = endpoint_of(house)
    change = f"{LIST}{endpoint.pk}/change/"
    leave_workspace()

    saved = browser.post(change, NEW | {"name": "Shop", "event_types": ["item.amended"]})
    page = text(browser.get(change))

    assert saved.status_code == 302
    log = reverse("review:deliveries", kwargs={"workspace": house.workspace.slug})
    assert f"{log}?endpoint={endpoint.pk}" in page
    house.enter()
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.event_types) == ("Shop", ["item.amended"])


def test_actions_switch_and_try_it_out(house: House, browser: Client) -> None:
    endpoint = endpoint_of(house)
    chosen = {"_selected_action": [str(endpoint.pk)]}

    def act(name: str) -> str:
        leave_workspace()
        page = text(browser.post(LIST, chosen | {"action": name}, follow=True))
        house.enter()
        endpoint.refresh_from_db()
        return page

    act("ping")
    assert OutboxMessage.objects.filter(type="webhook.ping", endpoint_id=endpoint.id).count() == 1
    assert "Off: Switched off" in act("disable")
    assert "switch it on first" in act("ping")
    assert "On" in act("enable")
    assert endpoint.is_enabled
    assert set(AuditEvent.objects.filter(stream_kind="endpoint").values_list("action", flat=True)) >= {
        "endpoint.created",
        "endpoint.disabled",
        "endpoint.enabled",
    }


def test_a_secret_is_rotated_after_a_question(house: House, browser: Client) -> None:
    endpoint = endpoint_of(house)
    address = f"{LIST}{endpoint.pk}/rotate/"
    leave_workspace()

    led = browser.post(LIST, {"action": "rotate", "_selected_action": [str(endpoint.pk)]})
    question = text(browser.get(address))
    house.enter()
    before = WebhookSecret.objects.count()
    leave_workspace()
    wrong = text(browser.post(address, {"overlap_s": "5"}))
    page = text(browser.post(address, {"overlap_s": "3600"}, follow=True))

    assert led["Location"] == address
    assert "Rotate the secret of CRM?" in question
    assert "Select a valid choice" in wrong
    house.enter()
    assert (before, WebhookSecret.objects.count()) == (1, 2)
    assert secret_in(page)
    assert "whsec_" not in text(browser.get(f"{LIST}{endpoint.pk}/change/"))


def test_two_secrets_are_not_rotated_at_once(house: House, browser: Client) -> None:
    ids = [str(endpoint_of(house, name).pk) for name in ("CRM", "Shop")]
    leave_workspace()

    page = text(browser.post(LIST, {"action": "rotate", "_selected_action": ids}, follow=True))

    assert "Choose one endpoint" in page


def test_a_rotation_asks_for_the_password_and_for_the_right_workspace(house: House, browser: Client) -> None:
    endpoint = endpoint_of(house)
    address = f"{LIST}{endpoint.pk}/rotate/"
    stranger = Client()
    stranger.force_login(house.outsider)
    session = stranger.session
    session["workspace"] = house.other_workspace.slug
    session.save()
    unproved = Client()
    house.owner.refresh_from_db()
    unproved.force_login(house.owner)
    leave_workspace()

    asked = unproved.post(address, {"overlap_s": "0"})
    elsewhere = stranger.post(address, {"overlap_s": "0"})

    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert elsewhere["Location"] == LIST
    assert browser.get(f"{LIST}nonsense/rotate/").status_code == 302
    house.enter()
    assert WebhookSecret.objects.count() == 1

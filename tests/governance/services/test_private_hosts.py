"""Listing hosts of one's own network: by an admin, in one form, with a trail."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from governance.domain import ForbiddenError, InvalidError, NotFoundError, Role
from governance.models import AuditEvent, AuditPayload, PrivateHost
from governance.outgoing import check_url
from governance.selectors.private_hosts import private_hosts
from governance.selectors.scope import enter_workspace
from governance.services.private_hosts import PrivateHostTakenError, add_private_host, change_private_host
from tests.conftest import House, leave_workspace


def add(house: House, host: str = "models.internal", port: int = 8080, **facts: Any) -> PrivateHost:
    return add_private_host(actor=house.actor(house.admin), host=host, port=port, **facts)


def last_event() -> tuple[str, dict[str, Any]]:
    event = AuditEvent.objects.order_by("-id")[0]
    return event.action, json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))


@pytest.mark.parametrize(
    ("entered", "kept", "url"),
    [
        ("Models.Internal", "models.internal", "http://MODELS.internal:8080/"),
        (" 10.0.0.5 ", "10.0.0.5", "http://10.0.0.5:8080/"),
        ("FD00:0:0::5", "fd00::5", "http://[fd00::5]:8080/"),
        ("[fd00::5]", "fd00::5", "http://[FD00::0:5]:8080/"),
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8080/"),
        ("model", "model", "http://model:8080/"),
    ],
)
def test_an_entry_matches_addresses_however_they_are_written(house: House, entered: str, kept: str, url: str) -> None:
    add(house, entered)

    assert private_hosts() == {(kept, 8080)}
    check_url(url, private_hosts())


@pytest.mark.parametrize(
    ("host", "port", "field"),
    [
        ("", 80, "host"),
        ("169.254.169.254", 80, "host"),
        ("fe80::1", 80, "host"),
        ("0.0.0.0", 80, "host"),
        ("::ffff:10.0.0.1", 80, "host"),
        ("8.8.8.8", 80, "host"),
        ("127.1", 80, "host"),
        ("2130706433", 80, "host"),
        ("10.0.0.0/8", 80, "host"),
        ("*.internal", 80, "host"),
        ("http://models.internal", 80, "host"),
        ("models.internal:8080", 80, "host"),
        ("user@models.internal", 80, "host"),
        ("models.internal.", 80, "host"),
        ("models.internal", 0, "port"),
        ("models.internal", 65536, "port"),
    ],
)
def test_what_is_no_host_of_ones_own_is_refused(house: House, host: str, port: int, field: str) -> None:
    with pytest.raises(InvalidError) as caught:
        add(house, host, port)

    assert caught.value.extra["field"] == field


def test_an_entry_is_made_once_and_its_trail_says_by_whom(house: House) -> None:
    added = add(house, note="the new model")

    assert last_event() == (
        "private_host.added",
        {"host": "models.internal", "port": 8080, "note": "the new model"},
    )
    with pytest.raises(PrivateHostTakenError), transaction.atomic():
        add(house, "MODELS.internal")
    add(house, port=8081)

    change_private_host(actor=house.actor(house.admin), private_host=added, is_active=False)
    assert private_hosts() == {("models.internal", 8081)}
    assert last_event()[1] == {"host": "models.internal", "port": 8080, "note": "the new model", "is_active": False}
    events = AuditEvent.objects.count()
    change_private_host(actor=house.actor(house.admin), private_host=added, is_active=False)
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_admin_opens_the_network(house: House, role: Role) -> None:
    added = add(house)
    actor = house.actor(house.people[role.value])

    with pytest.raises(ForbiddenError), transaction.atomic():
        add_private_host(actor=actor, host="other.internal", port=80)
    with pytest.raises(ForbiddenError), transaction.atomic():
        change_private_host(actor=actor, private_host=added, is_active=False)


def test_another_workspace_has_its_own_list(house: House) -> None:
    added = add(house)
    stranger = house.actor(house.outsider)
    enter_workspace(house.other_workspace.id)

    assert private_hosts() == frozenset()
    with pytest.raises(NotFoundError), transaction.atomic():
        change_private_host(actor=stranger, private_host=added, is_active=False)


def test_the_page_adds_and_changes_by_the_services(house: House) -> None:
    browser = Client()
    browser.force_login(house.admin)
    leave_workspace()
    session = browser.session
    session["workspace"] = house.workspace.slug
    session.save()
    page = reverse("admin:governance_privatehost_add")

    refused = browser.post(page, {"host": "169.254.169.254", "port": "80", "note": ""})
    added = browser.post(page, {"host": "Models.internal", "port": "8080", "note": "triage"})

    assert "never called" in refused.content.decode()
    assert added.status_code == 302
    house.enter()
    entry = PrivateHost.objects.get()
    browser.post(
        reverse("admin:governance_privatehost_change", args=[entry.pk]),
        {"host": "other.internal", "port": "1", "note": "no more"},
    )
    house.enter()
    entry.refresh_from_db()
    assert (entry.host, entry.port, entry.note, entry.is_active) == ("models.internal", 8080, "no more", False)

"""Making and changing endpoints: what is refused, what is audited, who may."""

from typing import Any

import pytest
from django.db import transaction

from governance.domain import ConflictError, ForbiddenError, InvalidError
from governance.models import AuditEvent, OutboxMessage, WebhookEndpoint
from governance.services import endpoints as services
from governance.services.endpoints import (
    change_endpoint,
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    ping_endpoint,
    replay_range,
    rotate_secret,
)
from tests.conftest import House
from tests.governance.delivery.scene import as_owner

URL = "https://hooks.example.com/review"


def actions(endpoint: WebhookEndpoint) -> list[str]:
    events = AuditEvent.objects.filter(stream_kind="endpoint", stream_id=endpoint.id).order_by("stream_seq")
    return list(events.values_list("action", flat=True))


def make(house: House, **options: Any) -> WebhookEndpoint:
    found: WebhookEndpoint = as_owner(house, create_endpoint, **({"name": "CRM", "url": URL} | options)).endpoint
    return found


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"name": "  "}, "name"),
        ({"url": "http://hooks.example.com/"}, "url"),
        ({"url": "ftp://hooks.example.com/"}, "url"),
        ({"url": "https://user:secret@hooks.example.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://[::1]/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": ""}, "url"),
        ({"event_types": ["item.guessed"]}, "event_types"),
        ({"event_types": ["webhook.ping"]}, "event_types"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 33}, "concurrency"),
    ],
)
def test_what_can_not_work_is_refused_at_once(house: House, options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as refusal, transaction.atomic():
        make(house, **options)
    assert refusal.value.extra["field"] == field
    endpoint = make(house, name="Other")
    with pytest.raises(InvalidError), transaction.atomic():
        as_owner(house, change_endpoint, endpoint=endpoint, **options)


def test_a_name_is_taken_once(house: House) -> None:
    make(house)
    with pytest.raises(InvalidError, match="exists"), transaction.atomic():
        make(house)


def test_a_workspace_has_a_number_of_endpoints(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_ENDPOINTS", 1)
    make(house)
    with pytest.raises(ConflictError, match="at most 1"), transaction.atomic():
        make(house, name="Other")


def test_every_change_is_audited_and_none_that_changes_nothing(house: House) -> None:
    endpoint = make(house)
    as_owner(house, change_endpoint, endpoint=endpoint)
    as_owner(house, change_endpoint, endpoint=endpoint, workflows=["b", "a", "a"])
    as_owner(house, change_endpoint, endpoint=endpoint, workflows=["a", "b"])
    as_owner(house, enable_endpoint, endpoint=endpoint)
    as_owner(house, disable_endpoint, endpoint=endpoint)
    as_owner(house, disable_endpoint, endpoint=endpoint)
    as_owner(house, enable_endpoint, endpoint=endpoint)
    as_owner(house, rotate_secret, endpoint=endpoint)
    as_owner(house, ping_endpoint, endpoint=endpoint)
    assert actions(endpoint) == [
        "endpoint.created",
        "endpoint.changed",
        "endpoint.disabled",
        "endpoint.enabled",
        "endpoint.secret_rotated",
        "endpoint.pinged",
    ]
    endpoint.refresh_from_db()
    assert endpoint.workflows == ["a", "b"]


def test_another_address_is_given_a_fresh_start(house: House) -> None:
    endpoint = make(house)
    WebhookEndpoint.objects.update(failing_since="2026-01-01T00:00Z", paused_until="2030-01-01T00:00Z")
    changed = as_owner(house, change_endpoint, endpoint=endpoint, name="Renamed")
    assert changed.failing_since is not None
    changed = as_owner(house, change_endpoint, endpoint=endpoint, url=URL + "/2")
    assert (changed.failing_since, changed.paused_until) == (None, None)


def test_an_endpoint_that_is_off_is_not_tried_out(house: House) -> None:
    endpoint = make(house)
    as_owner(house, disable_endpoint, endpoint=endpoint)
    with pytest.raises(ConflictError, match="is off"), transaction.atomic():
        as_owner(house, ping_endpoint, endpoint=endpoint)
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "lead", "auditor", "integrator"])
def test_owners_and_admins_alone_configure_endpoints(house: House, who: str) -> None:
    endpoint = make(house)
    actor = house.actor(house.people[who])
    with pytest.raises(ForbiddenError):
        create_endpoint(actor=actor, name="Other", url=URL)
    for service in (change_endpoint, enable_endpoint, disable_endpoint, rotate_secret, ping_endpoint):
        with pytest.raises(ForbiddenError):
            service(actor=actor, endpoint=endpoint)
    with pytest.raises(ForbiddenError):
        replay_range(actor=actor, endpoint=endpoint, since=endpoint.created_at, until=endpoint.created_at)

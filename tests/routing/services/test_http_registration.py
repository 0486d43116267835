"""Registering a model over HTTP: its address is checked, its token sealed and never shown."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from governance.domain import ForbiddenError, NotFoundError
from governance.models import AuditEvent, AuditPayload
from governance.outgoing import ForbiddenAddressError
from governance.sealing import unseal
from governance.services.private_hosts import add_private_host
from routing.models import ModelVersion
from routing.selectors.workflows import access_workflow
from routing.services.config import register_model_version, set_model_token, set_model_version
from routing.services.rows import ConfigurationError
from tests.conftest import House, leave_workspace

URL = "https://models.example.com/triage?key=k3y"


def register(house: House, url: str = URL, **options: Any) -> ModelVersion:
    return register_model_version(
        actor=options.pop("actor", None) or house.actor(house.owner),
        workflow=house.workflow,
        model_name="triage",
        version=options.pop("version", "2"),
        url=url,
        **options,
    )


def last_event() -> tuple[str, dict[str, Any]]:
    event = AuditEvent.objects.order_by("-id")[0]
    return event.action, json.loads(bytes(AuditPayload.objects.get(event_id=event.id).body))


def test_an_address_is_registered_with_its_token_sealed(house: House) -> None:
    version = register(house, token="s3cret", config={"timeout_s": 20})

    assert (version.backend, version.file, version.sha256) == ("http", "", "")
    sealed = version.config.pop("sealed_token")
    assert version.config == {"url": URL, "timeout_s": 20}
    assert unseal(sealed.encode()) == b"s3cret"
    action, data = last_event()
    assert (action, data["backend"]) == ("model.registered", "http")
    assert data["url"] == "https://models.example.com/triage"
    assert "s3cret" not in json.dumps(data)


@pytest.mark.parametrize(
    "url",
    [
        "http://models.example.com/",
        "https://10.0.0.5/",
        "https://2130706433/",
        "https://a@b/",
        "",
        "ftp://a/",
        "https://a#b",
    ],
)
def test_an_address_that_may_not_be_called_is_not_registered(house: House, url: str) -> None:
    with pytest.raises(ForbiddenAddressError) as caught:
        register(house, url)

    assert caught.value.extra["field"] == "url"


def test_a_listed_host_is_registered_and_known_when_its_model_is_called(house: House) -> None:
    with pytest.raises(ForbiddenAddressError), transaction.atomic():
        register(house, "http://10.0.0.5:8080/")
    add_private_host(actor=house.actor(house.admin), host="10.0.0.5", port=8080)

    version = register(house, "http://10.0.0.5:8080/")
    assert access_workflow(house.workflow.key).private_hosts == frozenset()
    set_model_version(actor=house.actor(house.owner), workflow=house.workflow, model_version=version)

    assert access_workflow(house.workflow.key).private_hosts == {("10.0.0.5", 8080)}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"config": {"timeout_s": 61}}, "config"),
        ({"config": {"timeout": 5}}, "config"),
        ({"config": {"sealed_token": "gAAAA"}}, "config"),
        ({"config": {"url": "http://127.0.0.1/"}}, "config"),
        ({"token": "a\r\nX: b"}, "token"),
        ({"token": "two words"}, "token"),
        ({"token": "é"}, "token"),
    ],
)
def test_what_is_no_setting_is_refused(house: House, options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        register(house, **options)

    assert caught.value.extra["field"] == field


@pytest.mark.parametrize("role", ["reviewer", "lead", "auditor", "integrator"])
def test_only_owner_and_admin_register(house: House, role: str) -> None:
    version = register(house)
    actor = house.actor(house.people[role])

    with pytest.raises(ForbiddenError), transaction.atomic():
        register(house, version="3", actor=actor)
    with pytest.raises(ForbiddenError), transaction.atomic():
        set_model_token(actor=actor, model_version=version, token="other")


def test_a_token_is_changed_and_the_rest_stays(house: House) -> None:
    owner = house.actor(house.owner)
    version = register(house, token="first")

    changed = set_model_token(actor=owner, model_version=version, token="second")
    assert unseal(changed.config["sealed_token"].encode()) == b"second"
    assert changed.config["url"] == URL
    assert last_event()[0] == "model.token_set"

    assert "sealed_token" not in set_model_token(actor=owner, model_version=version, token="").config
    assert last_event()[1]["has_token"] is False
    external = ModelVersion.objects.get(version="1")
    with pytest.raises(NotFoundError), transaction.atomic():
        set_model_token(actor=owner, model_version=external, token="x")


def test_the_page_registers_a_version_and_never_shows_its_token(house: House) -> None:
    browser = Client()
    browser.force_login(house.owner)
    leave_workspace()
    session = browser.session
    session["workspace"] = house.workspace.slug
    session.save()
    asked = {
        "workflow": str(house.workflow.pk),
        "model_name": "triage",
        "version": "2",
        "url": URL,
        "timeout_s": "15",
        "token": "s3cret",
    }
    page = reverse("admin:routing_modelversion_add")

    refused = browser.post(page, asked | {"url": "https://127.0.0.1/"}).content.decode()
    assert browser.post(page, asked).status_code == 302
    assert "not on the public internet" in refused
    assert "s3cret" not in refused

    house.enter()
    version = ModelVersion.objects.get(version="2")
    row = reverse("admin:routing_modelversion_change", args=[version.pk])
    shown = browser.get(row).content.decode()
    assert "models.example.com" in shown
    assert version.config["sealed_token"] not in shown
    assert browser.post(row, {"token": "other", "url": "https://evil.example/"}).status_code == 302
    house.enter()
    version.refresh_from_db()
    assert (version.config["url"], unseal(version.config["sealed_token"].encode())) == (URL, b"other")
    external = ModelVersion.objects.get(version="1")
    local = reverse("admin:routing_modelversion_change", args=[external.pk])
    assert browser.post(local, {"token": "x"}).status_code == 403

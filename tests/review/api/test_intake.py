"""Sending items one by one: what is taken, what is refused and how it is said."""

from typing import Any

import pytest
from pytest_django import Settings

from governance.models import AuditEvent
from review.models import Item
from routing.models import Workflow
from tests.conftest import House
from tests.review.api.conftest import ITEMS, Api

GOOD: dict[str, Any] = {"external_id": "order-1", "payload": {"text": "Where is my parcel?"}}


def test_an_item_is_stored_with_its_event_and_answered_201(house: House, api: Api) -> None:
    answer = api(house.integrator).post(ITEMS, GOOD, format="json")

    assert answer.status_code == 201
    assert answer.json()["external_id"] == "order-1"
    house.enter()
    item = Item.objects.get(external_id="order-1")
    assert str(item.id) == answer.json()["id"]
    assert AuditEvent.objects.filter(stream_id=item.id, action="item.received").count() == 1


def test_the_same_item_again_is_200_and_another_payload_is_409(house: House, api: Api) -> None:
    client = api(house.integrator)
    first = client.post(ITEMS, GOOD, format="json")

    again = client.post(ITEMS, GOOD, format="json")
    other = client.post(ITEMS, GOOD | {"payload": {"text": "Something else"}}, format="json")

    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert (other.status_code, other.json()["code"]) == (409, "external_id_taken")
    assert other.json()["item"] == first.json()["id"]


def test_a_broken_contract_is_422_with_pointers(house: House, api: Api) -> None:
    answer = api(house.integrator).post(ITEMS, {"external_id": "a", "payload": {"txt": 1}}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (422, "contract_broken")
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/text", ""}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"external_id": None}, "/external_id"),
        ({"external_id": ""}, "/external_id"),
        ({"external_id": 5}, "/external_id"),
        ({"external_id": "x" * 201}, "/external_id"),
        ({"external_id": "a\nb"}, "/external_id"),
        ({"payload": []}, "/payload"),
        ({"payload": None}, "/payload"),
        ({"value": "12"}, "/value"),
        ({"value": True}, "/value"),
        ({"priority": 1.5}, "/priority"),
        ({"priority": 101}, "/priority"),
        ({"subject": 1}, "/subject"),
        ({"segment": "x" * 64}, "/segment"),
        ({"contract": ["1.0.0"]}, "/contract"),
        ({"extra": 1}, "/extra"),
        ({"predictions": {}}, "/predictions"),
        ({"predictions": [1]}, "/predictions/0"),
        ({"predictions": [{"label": 1, "confidence": 0.5}]}, "/predictions/0/label"),
        ({"predictions": [{"label": "a", "confidence": "high"}]}, "/predictions/0/confidence"),
        ({"predictions": [{"label": "a", "confidence": 0.5, "top": [["a"]]}]}, "/predictions/0/top"),
        ({"predictions": [{"label": "a", "confidence": 0.5, "top": 3}]}, "/predictions/0/top"),
        ({"predictions": [{"label": "a", "confidence": 0.5, "latency_ms": "x"}]}, "/predictions/0/latency_ms"),
        ({"occurred_at": "2026-01-01T00:00:00Z"}, "/occurred_at"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
    ],
)
def test_members_of_the_wrong_kind_are_422_with_a_pointer(
    house: House,
    api: Api,
    change: dict[str, Any],
    pointer: str,
) -> None:
    answer = api(house.integrator).post(ITEMS, GOOD | change, format="json")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"\xff\xfe{}", 400, "malformed"),
        (b'{"external_id": "a", "external_id": "b", "payload": {"text": "x"}}', 400, "malformed"),
        (b'{"external_id": "a", "payload": {"text": "\\u0000"}}', 400, "malformed"),
        (b'{"external_id": "a", "payload": {"text": "\\ud800"}}', 400, "malformed"),
        (b'{"external_id": "a", "payload": {"text": "x"}, "value": NaN}', 400, "malformed"),
        (b'{"external_id": "a", "payload": {"text": "x"}, "value": 1e999}', 400, "malformed"),
        (b'{"external_id": "a", "payload": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "malformed"),
        (b"", 422, "invalid_fields"),
        (b"[]", 422, "invalid_fields"),
        (b'"text"', 422, "invalid_fields"),
        (b"null", 422, "invalid_fields"),
    ],
)
def test_a_body_that_is_not_an_item_is_refused(house: House, api: Api, body: bytes, status: int, code: str) -> None:
    answer = api(house.integrator).post(ITEMS, body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_body_over_the_limit_is_413(house: House, api: Api, settings: Settings) -> None:
    settings.AIOS_ITEM_BYTES = 1000
    client = api(house.integrator)

    declared = client.post(ITEMS, b"x" * 1001, content_type="application/json")
    unsaid = client.post(
        ITEMS,
        b"x" * 1001,
        content_type="application/json",
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
    )

    assert (declared.status_code, declared.json()["code"]) == (413, "too_large")
    assert (unsaid.status_code, unsaid.json()["code"]) == (411, "length_required")


def test_another_media_type_is_415(house: House, api: Api) -> None:
    answer = api(house.integrator).post(ITEMS, b"<item/>", content_type="application/xml")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_an_unknown_workflow_is_404_and_a_paused_one_409(house: House, api: Api) -> None:
    client = api(house.integrator)
    Workflow.objects.filter(id=house.workflow.id).update(state="paused")

    assert client.post("/api/v1/workflows/nothing/items/", GOOD, format="json").json()["code"] == "not_found"
    assert client.post(ITEMS, GOOD, format="json").json()["code"] == "workflow_not_active"


def test_history_can_be_told_in_a_demo_workspace(house: House, api: Api) -> None:
    house.workspace.is_demo = True
    house.workspace.save()

    answer = api(house.integrator).post(ITEMS, GOOD | {"occurred_at": "2026-01-01T10:00:00+02:00"}, format="json")

    assert answer.status_code == 201
    house.enter()
    assert Item.objects.get(external_id="order-1").occurred_at.isoformat() == "2026-01-01T08:00:00+00:00"

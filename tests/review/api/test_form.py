"""The form that comes with a leased review."""

from typing import Any

import pytest

from routing.models import Contract, Workflow
from tests.conftest import House
from tests.review.api.conftest import ITEMS, Api, claim_one

INPUT = {
    "type": "object",
    "x-order": ["text", "read"],
    "properties": {
        "text": {"type": "string", "title": "What it says"},
        "read": {
            "type": "object",
            "properties": {"total": {"type": "number"}, "iban": {"type": "string", "x-sensitive": True}},
        },
        "sure": {"type": "number"},
    },
}
OUTPUT: dict[str, Any] = {
    "type": "object",
    "x-order": ["total", "iban"],
    "properties": {
        "label": {"enum": ["billing"]},
        "iban": {"type": "string", "x-from": "/read/iban"},
        "total": {"type": "number", "x-from": "/read/total", "x-confidence": "/sure"},
    },
    "required": ["label", "total"],
}


def read_by_a_machine(house: House, output_schema: dict[str, Any] = OUTPUT) -> None:
    """Let the workflow's items come with what somebody's reader made of them."""
    contract = Contract.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        version="2.0.0",
        input_schema=INPUT,
        output_schema=output_schema,
    )
    Workflow.objects.filter(id=house.workflow.id).update(contract=contract)


def send(house: House, api: Api, **payload: Any) -> None:
    """Send an item that goes to people."""
    body = {"external_id": "a", "payload": payload, "predictions": [{"label": "billing", "confidence": 0.5}]}
    assert api(house.integrator).post(ITEMS, body, format="json").status_code == 201
    house.route()


def test_fields_come_with_what_was_read_unless_it_is_masked(house: House, api: Api) -> None:
    read_by_a_machine(house)
    send(house, api, text="text", read={"iban": "DE02", "total": 41.9}, sure=0.58)
    item = claim_one(api(house.reviewer))["item"]

    total, iban = item["form"]
    assert total == {
        "name": "total",
        "pointer": "/total",
        "title": "Total",
        "kind": "number",
        "required": True,
        "initial": 41.9,
        "source": "/read/total",
        "confidence": 0.58,
    }
    assert "initial" not in iban
    assert item["takes_label"] is True
    assert item["titles"] == {"/text": "What it says"}
    assert list(item["payload"])[:2] == ["text", "read"]


def test_a_blind_review_says_nothing_of_how_sure_a_reader_was(blind_house: House, api: Api) -> None:
    read_by_a_machine(blind_house)
    send(blind_house, api, text="text", read={"total": 41.9}, sure=0.58)
    review = claim_one(api(blind_house.reviewer))

    assert review["blind"] is True
    assert not any("confidence" in field for field in review["item"]["form"])


@pytest.mark.parametrize(
    ("schema", "takes_label"),
    [
        ({"type": "object"}, True),
        ({"type": "object", "properties": {"label": {"type": "string"}}}, True),
        ({"type": "object", "properties": {"total": {"type": "number"}}}, False),
    ],
    ids=str,
)
def test_a_contract_of_fields_alone_takes_no_label(
    house: House, api: Api, schema: dict[str, Any], takes_label: bool
) -> None:
    read_by_a_machine(house, schema)
    send(house, api, text="text")

    assert claim_one(api(house.reviewer))["item"]["takes_label"] is takes_label

"""Datasets over HTTP: frozen once, streamed in each format, without a transaction held open."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from governance.models import AuditEvent
from governance.selectors.scope import enter_workspace
from tests.conftest import House, build_house, client_of
from tests.review.api.conftest import Api, claim_one, decide

DATASETS = "/api/v1/datasets/"
EVER: dict[str, object] = {
    "workflow": "support-triage",
    "period_from": "2020-01-01T00:00:00Z",
    "period_to": "2100-01-01T00:00:00Z",
}


def test_a_dataset_is_frozen_and_listed(house: House, api: Api) -> None:
    house.in_review("one")
    reviewer, owner = api(house.reviewer), api(house.owner)
    decide(reviewer, claim_one(reviewer), action="correct", label="other")
    made = owner.post(DATASETS, EVER, format="json")

    assert made.status_code == 201
    assert (made.json()["number"], made.json()["rows"], made.json()["workflow"]) == (1, 1, "support-triage")
    assert owner.get(DATASETS).json()["datasets"] == [made.json()]


def test_creating_is_idempotent_under_a_key(house: House, api: Api) -> None:
    owner = api(house.owner)
    first = owner.post(DATASETS, EVER, format="json", HTTP_IDEMPOTENCY_KEY="k")
    again = owner.post(DATASETS, EVER, format="json", HTTP_IDEMPOTENCY_KEY="k")

    assert again.content == first.content
    assert len(owner.get(DATASETS).json()["datasets"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"period_from": "2020-01-01"},
        {"period_to": None},
        {"period_to": 5},
        {"period_to": "2019-01-01T00:00:00Z"},
        {"x": 1},
    ],
)
def test_a_period_that_makes_no_sense_is_422(house: House, api: Api, change: dict[str, object]) -> None:
    assert api(house.owner).post(DATASETS, EVER | change, format="json").status_code == 422


def test_an_unknown_workflow_or_dataset_is_404(house: House, api: Api) -> None:
    owner = api(house.owner)

    assert owner.post(DATASETS, EVER | {"workflow": "nothing"}, format="json").status_code == 404
    assert owner.get(f"{DATASETS}01890000-0000-7000-8000-000000000000/download/").status_code == 404


def content_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.usefixtures("live_db")
def test_a_download_streams_every_format_in_transactions_of_its_own() -> None:
    with transaction.atomic():
        house = build_house()
        house.in_review("one")
        clients = {name: client_of(house, getattr(house, name)) for name in ("reviewer", "owner")}
    decide(clients["reviewer"], claim_one(clients["reviewer"]), action="correct", label="other")
    made = clients["owner"].post(DATASETS, EVER, format="json").json()
    url = f"{DATASETS}{made['id']}/download/"

    jsonl = clients["owner"].get(url)
    assert not connection.in_atomic_block
    (row,) = [json.loads(line) for line in content_of(jsonl).splitlines()]
    csv = clients["owner"].get(url, {"format": "csv"}, HTTP_ACCEPT="text/csv")
    parquet = clients["owner"].get(url, {"format": "parquet"})

    assert row["payload"] == {"text": "one"}
    assert b"other" in content_of(csv)
    assert content_of(parquet)[:4] == b"PAR1"
    assert csv["Content-Disposition"] == 'attachment; filename="support-triage-1.csv"'
    assert clients["owner"].get(url, {"format": "xml"}).status_code == 422
    assert clients["reviewer"].get(url).status_code == 403
    assert APIClient().get(url).status_code == 401
    with transaction.atomic():
        enter_workspace(house.workspace.id)
        assert AuditEvent.objects.filter(action="dataset.downloaded").count() == 3

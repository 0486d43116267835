"""Rates at the API: 429 with the time to wait, and nothing stored."""

import pytest
from django.core.cache import cache
from pytest_django import Settings

from governance.models import AuditEvent
from review.models import Item
from routing.models import Workflow
from routing.services.config import change_workflow
from tests.conftest import House
from tests.review.api.conftest import Api

ITEMS = "/api/v1/workflows/support-triage/items/"


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


def limit(house: House, items_per_s: int | None) -> None:
    change_workflow(actor=house.actor(house.owner), workflow=house.workflow, items_per_s=items_per_s)


def lines(start: int, count: int) -> list[dict[str, object]]:
    return [{"external_id": f"e-{number}", "payload": {"text": "t"}} for number in range(start, start + count)]


def test_a_principal_gets_its_burst_and_others_theirs(house: House, api: Api, settings: Settings) -> None:
    settings.AIOS_REQUESTS_PER_S, settings.AIOS_REQUESTS_BURST = 1, 3
    auditor, integrator = api(house.auditor), api(house.integrator)
    assert [auditor.get("/api/v1/items/").status_code for _ in range(3)] == [200] * 3
    answer = auditor.get("/api/v1/items/")
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (
        429,
        "too_many_requests",
        "principal",
    )
    assert answer.headers["Retry-After"] == "1"
    assert 0 < answer.json()["retry_after_s"] <= 1
    assert integrator.get("/api/v1/items/").status_code == 200


def test_a_refused_request_counts_too_and_stores_nothing(house: House, api: Api, settings: Settings) -> None:
    settings.AIOS_REQUESTS_PER_S, settings.AIOS_REQUESTS_BURST = 1, 4
    client = api(house.integrator)
    once = {"Idempotency-Key": "once"}
    codes = [client.post(ITEMS, lines(1, 1)[0], format="json", headers=once).status_code for _ in range(3)]
    assert codes == [201, 201, 201]
    assert client.post(ITEMS, {"no": "item"}, format="json").status_code == 422
    assert client.post(ITEMS, {"no": "item"}, format="json").status_code == 429
    assert client.post(ITEMS, lines(2, 1)[0], format="json").status_code == 429
    house.enter()
    assert Item.objects.count() == 1


def test_a_workflow_takes_so_many_items_a_second_however_they_come(house: House, api: Api) -> None:
    limit(house, 10)
    client = api(house.integrator)
    assert client.post(f"{ITEMS}batch/", lines(0, 19), format="json").json()["accepted"] == 19
    assert client.post(ITEMS, lines(19, 1)[0], format="json").status_code == 201
    answer = client.post(f"{ITEMS}batch/", lines(20, 15), format="json")
    assert (answer.status_code, answer.json()["limit"], answer.json()["per_s"]) == (429, "workflow", 10)
    assert 1 < answer.json()["retry_after_s"] <= 1.5
    assert answer.headers["Retry-After"] == "2"
    house.enter()
    assert Item.objects.count() == 20

    limit(house, None)
    assert client.post(f"{ITEMS}batch/", lines(20, 15), format="json").json()["accepted"] == 15


def test_a_batch_larger_than_the_burst_is_taken_once(house: House, api: Api) -> None:
    limit(house, 10)
    client = api(house.integrator)
    assert client.post(f"{ITEMS}batch/", lines(0, 60), format="json").json()["accepted"] == 60
    answer = client.post(ITEMS, lines(60, 1)[0], format="json")
    assert answer.status_code == 429
    assert 3 < answer.json()["retry_after_s"] <= 4.2


def test_the_owners_change_of_the_rate_is_in_the_trail(house: House) -> None:
    limit(house, 25)
    assert Workflow.objects.get(id=house.workflow.id).items_per_s == 25
    assert AuditEvent.objects.filter(action="workflow.changed", stream_id=house.workflow.id).count() == 1

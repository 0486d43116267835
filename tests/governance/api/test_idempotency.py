"""The same key and request get the same answer, whatever happened in between."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from governance.models import IdempotencyRecord
from governance.selectors.scope import enter_workspace
from governance.services.idempotency import begin_idempotent, keep_answer
from review.models import Item
from tests.conftest import House, build_house
from tests.review.api.conftest import BATCH, ITEMS, Api

pytestmark = pytest.mark.services

GOOD = {"external_id": "order-1", "payload": {"text": "Where is my parcel?"}}


def send(client: Any, body: Any = GOOD, key: str = "key-1", path: str = ITEMS) -> Any:
    return client.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_a_repeat_gets_the_same_bytes_and_says_so(house: House, api: Api) -> None:
    client = api(house.integrator)
    first, again = send(client), send(client)

    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    house.enter()
    assert Item.objects.count() == 1


def test_a_refusal_is_replayed_as_well(house: House, api: Api) -> None:
    client = api(house.integrator)
    broken = {"external_id": "a", "payload": {}}
    first, again = send(client, broken), send(client, broken)

    assert (again.status_code, again.content) == (first.status_code, first.content) == (422, first.content)
    assert again["Content-Type"] == "application/problem+json"
    assert again["Idempotent-Replayed"] == "true"


def test_another_body_under_the_key_is_422(house: House, api: Api) -> None:
    client = api(house.integrator)
    send(client)
    answer = send(client, GOOD | {"external_id": "order-2"})

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_batches_are_replayed(house: House, api: Api) -> None:
    client = api(house.integrator)
    first, again = send(client, [GOOD], path=BATCH), send(client, [GOOD], path=BATCH)

    assert first.json()["accepted"] == 1
    assert again.content == first.content


def test_keys_belong_to_their_caller(house: House, api: Api) -> None:
    first, other = send(api(house.integrator)), send(api(house.owner))

    assert (first.status_code, other.status_code) == (201, 200)


def test_after_a_day_the_key_is_free_again(house: House, api: Api) -> None:
    client = api(house.integrator)
    send(client)
    house.enter()
    IdempotencyRecord.objects.update(created_at="2020-01-01T00:00:00Z")

    assert send(client, GOOD | {"external_id": "order-2"}).status_code == 201
    house.enter()
    assert IdempotencyRecord.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "schlüssel"])
def test_a_key_takes_1_to_200_printable_characters(house: House, api: Api, key: str) -> None:
    answer = send(api(house.integrator), key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.usefixtures("live_db")
def test_while_the_first_request_runs_the_second_is_told_so() -> None:
    with transaction.atomic():
        house = build_house()
        actor = house.actor(house.integrator)
    found: list[Any] = []

    def second() -> None:
        with transaction.atomic():
            enter_workspace(actor.workspace_id)
            found.append(begin_idempotent(actor=actor, key="k", digest=b"d"))
        connection.close()

    with transaction.atomic():
        enter_workspace(actor.workspace_id)
        mine = begin_idempotent(actor=actor, key="k", digest=b"d")
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert keep_answer(actor=actor, key="k", digest=b"d", status=201, body=b"{}")
        assert not keep_answer(actor=actor, key="k", digest=b"d", status=201, body=b"{}")

    assert (mine.is_free, mine.kept) == (True, None)
    assert (found[0].is_free, found[0].kept) == (False, None)

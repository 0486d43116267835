"""The parameter `wait` as the views see it: what is asked of the database, and what the web server is told."""

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from review.api.waiting import ENVIRON, MARK, Waiting
from review.models import Item, Queue
from review.services.withdraw import withdraw_item
from tests.conftest import House
from tests.review.api.conftest import ITEMS, Api, statements

GOOD: dict[str, Any] = {"external_id": "order-1", "payload": {"text": "Where is my parcel?"}}


def path(item_id: object) -> str:
    return f"/api/v1/items/{item_id}/"


def soon(house: House) -> list[float]:
    """Return for how many seconds each item is still waited for."""
    house.enter()
    found = Item.objects.order_by("id").values_list("waited_until", flat=True)
    return [(until - timezone.now()).total_seconds() for until in found if until is not None]


@pytest.mark.parametrize(
    "given", ["", "0", "0.0", "-1", "31", "30.001", "1e1", "abc", "5s", "\u0661", "1.", ".5", "NaN", "+5"]
)
def test_a_wait_that_makes_no_sense_is_422_and_stores_nothing(house: House, api: Api, given: str) -> None:
    (item_id,) = house.in_review("one")
    for answer in (
        api(house.integrator).post(f"{ITEMS}?wait={given}", GOOD, format="json"),
        api(house.integrator).get(f"{path(item_id)}?wait={given}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
        assert answer.json()["errors"][0]["parameter"] == "wait"
    assert not soon(house)
    assert Item.objects.count() == 1


def test_a_new_item_is_waited_for_from_its_first_moment_at_no_further_statement(house: House, api: Api) -> None:
    client = api(house.integrator)
    client.post(ITEMS, GOOD | {"external_id": "warm"}, format="json")
    with statements() as plain:
        client.post(ITEMS, GOOD, format="json")
    with statements() as waited:
        answer = client.post(f"{ITEMS}?wait=7.5", GOOD | {"external_id": "order-2"}, format="json")

    assert answer.status_code == 202
    assert answer["Location"] == path(answer.json()["id"])
    assert Waiting.read(answer[MARK]) == Waiting(Waiting.read(answer[MARK]).item_id, 7.5, is_new=True)
    (left,) = soon(house)
    assert 5 < left < 10
    assert len(waited) == len(plain)


def test_an_item_that_is_there_is_waited_for_and_one_that_is_final_is_answered(house: House, api: Api) -> None:
    client = api(house.integrator)
    item_id = client.post(ITEMS, GOOD, format="json").json()["id"]

    again = client.post(f"{ITEMS}?wait=30", GOOD, format="json")
    assert (again.status_code, again.json()["is_new"], MARK in again) == (202, False, True)
    assert len(soon(house)) == 1

    withdraw_item(actor=house.actor(house.integrator), item_id=item_id)
    final = client.post(f"{ITEMS}?wait=30", GOOD, format="json")
    assert (final.status_code, final.json()["state"], final.json()["is_new"]) == (200, "withdrawn", False)
    assert MARK not in final


def test_a_refused_item_is_not_waited_for(house: House, api: Api) -> None:
    answer = api(house.integrator).post(f"{ITEMS}?wait=5", {"external_id": "a", "payload": {}}, format="json")
    assert (answer.status_code, MARK in answer) == (422, False)


def test_a_longer_wait_wins_and_a_shorter_one_writes_nothing(house: House, api: Api) -> None:
    (item_id,) = house.in_review("one")
    client = api(house.integrator)
    for wait, least in (("5", 5), ("30", 28), ("1", 28)):
        answer = client.get(f"{path(item_id)}?wait={wait}")
        assert (answer.status_code, answer.json()["state"], MARK in answer) == (200, "in_review", True)
        assert soon(house)[0] > least


def test_an_item_withheld_from_the_caller_is_never_final_for_them(blind_house: House, api: Api) -> None:
    """Whether early or late, an answer must not tell that the machine was sure."""
    (item_id,) = blind_house.in_review("one", confidence=0.99)
    assert Item.objects.get().state == "resolved"
    owner = api(blind_house.owner)
    Queue.objects.update(role="owner")

    asked = owner.get(f"{path(item_id)}?wait=30")
    assert (asked.json()["withheld"], "state" in asked.json(), MARK in asked) == (True, False, True)
    for is_new in (None, True):
        environ: Any = {ENVIRON: Waiting(item_id, 30, is_new).mark()}
        resumed = owner.get(path(item_id), **environ)
        assert MARK in resumed
        assert resumed.json().get("state") is None

    machine = api(blind_house.integrator).get(f"{path(item_id)}?wait=30")
    assert (machine.json()["state"], MARK in machine) == ("resolved", False)


def test_no_client_can_pass_for_the_web_server(house: House, api: Api) -> None:
    (item_id,) = house.in_review("one")
    mark = Waiting(item_id, 30, is_new=True).mark()
    answer = api(house.integrator).get(path(item_id), headers={"aios.waited": mark, "aios-waited": mark, MARK: mark})
    assert (answer.status_code, MARK in answer) == (200, False)


def test_another_wait_is_still_the_same_request_for_its_key(house: House, api: Api) -> None:
    client = api(house.integrator)
    key = {"Idempotency-Key": "one"}
    first = client.post(f"{ITEMS}?wait=1", GOOD, format="json", headers=key)
    plain = client.post(ITEMS, GOOD, format="json", headers=key)
    longer = client.post(f"{ITEMS}?wait=20", GOOD, format="json", headers=key)
    assert [answer.status_code for answer in (first, plain, longer)] == [202, 201, 202]
    assert [answer.get("Idempotent-Replayed") for answer in (first, plain, longer)] == [None, "true", "true"]
    assert {answer.json()["id"] for answer in (first, plain, longer)} == {first.json()["id"]}


def test_the_look_that_ends_a_wait_is_not_counted_again(house: House, api: Api, settings: Settings) -> None:
    settings.AIOS_REQUESTS_PER_S, settings.AIOS_REQUESTS_BURST = 1, 1
    cache.clear()
    (item_id,) = house.in_review("one")
    client = api(house.integrator)
    environ: Any = {ENVIRON: Waiting(item_id, 30).mark()}
    assert [client.get(path(item_id), **environ).status_code for _ in range(3)] == [200] * 3
    assert [client.get(f"{path(item_id)}?wait=1").status_code for _ in range(2)] == [200, 429]

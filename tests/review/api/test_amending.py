"""Amending and dead letters over the HTTP API."""

import pytest

from governance.models import OutboxMessage
from review.models import Item, Outcome
from tests.conftest import House
from tests.invariants import broken
from tests.review.api.conftest import Api
from tests.review.services.test_amend import accepted, answered
from tests.review.services.test_dead_letters import dead
from tests.workers import states


def test_an_amendment_answers_with_both_outcomes_and_the_item_shows_them(house: House, api: Api) -> None:
    item_id = answered(house)
    before = Outcome.objects.get()
    lead = api(house.lead)
    body = {"label": "other", "reason_code": "mistaken", "note": "two\nlines", "supersedes": str(before.id)}
    answer = lead.post(f"/api/v1/items/{item_id}/amend/", body, format="json")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["id"], told["supersedes"]) == (str(item_id), str(before.id))
    assert (told["outcome"]["label"], told["outcome"]["source"]) == ("other", "amended")
    assert told["outcome"]["fields"] == {"urgent": True}

    again = lead.post(f"/api/v1/items/{item_id}/amend/", body, format="json")
    assert (again.status_code, again.json()) == (200, told)
    shown = lead.get(f"/api/v1/items/{item_id}/").json()
    assert shown["outcome"] == told["outcome"]
    assert [one["label"] for one in shown["earlier_outcomes"]] == ["delivery"]
    assert [message["type"] for message in shown["outbox"]] == ["item.resolved", "item.amended"]
    listed = lead.get("/api/v1/items/", {"label": "other"}).json()["items"]
    assert [(item["label"], item["source"]) for item in listed] == [("other", "amended")]
    house.enter()
    assert broken() == {}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_fields"),
        ({"note": "nothing else"}, 422, "invalid_fields"),
        ({"label": 1}, 422, "invalid_fields"),
        ({"label": "other", "no_such": 1}, 422, "invalid_fields"),
        ({"label": "other", "supersedes": "x"}, 422, "invalid_fields"),
        ({"label": "other", "supersedes": "01890000-0000-7000-8000-000000000000"}, 409, "stale_state"),
        ({"label": "billing"}, 422, "nothing_to_amend"),
        ({"label": "no_such"}, 422, "unknown_label"),
        ({"fields": {"urgent": "yes"}}, 422, "invalid"),
    ],
)
def test_what_can_not_be_amended_so_says_why(
    house: House, api: Api, body: dict[str, object], status: int, code: str
) -> None:
    item_id = accepted(house)
    answer = api(house.lead).post(f"/api/v1/items/{item_id}/amend/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    house.enter()
    assert Outcome.objects.count() == OutboxMessage.objects.count() == 1


def test_null_means_that_no_label_applies(house: House, api: Api) -> None:
    item_id = accepted(house)
    answer = api(house.lead).post(f"/api/v1/items/{item_id}/amend/", {"label": None}, format="json")
    assert answer.json()["outcome"]["label"] is None
    house.enter()
    assert broken() == {}


def test_dead_letters_are_listed_and_dealt_with(house: House, api: Api) -> None:
    first, second, third = dead(house, "one", "two", "three")
    lead = api(house.lead)
    told = lead.get("/api/v1/dead-letters/", {"workflow": house.workflow.key}).json()
    assert [item["id"] for item in told["items"]] == [str(third), str(second), str(first)]
    assert told["items"][0]["failure"] == "unknown_label"
    assert told["items"][0]["died_at"]
    assert [(group["failure"], group["items"]) for group in told["groups"]] == [("unknown_label", 3)]
    rest = lead.get("/api/v1/dead-letters/", {"before": str(second)}).json()
    assert [item["id"] for item in rest["items"]] == [str(first)]
    assert lead.get("/api/v1/dead-letters/", {"before": "x"}).status_code == 422
    shown = lead.get(f"/api/v1/items/{first}/").json()
    assert (shown["state"], shown["failure"]) == ("dead", "unknown_label")

    assert lead.post(f"/api/v1/items/{first}/replay/").json() == {"id": str(first), "state": "received"}
    assert lead.post(f"/api/v1/items/{second}/to-people/").json() == {"id": str(second), "state": "in_review"}
    again = lead.post(f"/api/v1/items/{first}/replay/")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    house.enter()
    assert states(house) == {"received": 1, "in_review": 1, "dead": 1}
    assert broken() == {}


@pytest.mark.parametrize(("call", "state"), [("replay", "received"), ("to-people", "in_review")])
def test_all_dead_letters_of_a_workflow_are_dealt_with_at_once(house: House, api: Api, call: str, state: str) -> None:
    dead(house, "one", "two")
    dead(house, "three", label="")
    lead = api(house.lead)
    body = {"workflow": house.workflow.key, "failure": "unknown_label"}
    answer = lead.post(f"/api/v1/dead-letters/{call}/", body, format="json")
    assert answer.json() == {"moved": 2, "refused": 0, "is_complete": True}
    assert lead.post(f"/api/v1/dead-letters/{call}/", {"workflow": "no-such"}, format="json").status_code == 404
    assert lead.post(f"/api/v1/dead-letters/{call}/", {}, format="json").status_code == 422
    house.enter()
    assert states(house) == {state: 2, "dead": 1}
    assert Item.objects.get(state="dead").failure == "bad_output"
    assert broken() == {}

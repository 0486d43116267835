"""What may be told of an item that waits for a blind review: its content, and nothing of its fate."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from governance.models import User
from review.models import Review
from tests.conftest import House
from tests.review.api.conftest import Api, claim_one, decide

TELLING = {
    "state",
    "prediction",
    "outcome",
    "reviews",
    "outbox",
    "kind",
    "drawn",
    "disposition",
    "suggestion",
    "events",
}
MAY_CLAIM = ["reviewer", "colleague", "lead"]


def person(house: House, name: str) -> User:
    return getattr(house, name)  # type: ignore[no-any-return]


def told(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every member of an answer, however deep, that says something."""
    if isinstance(value, dict):
        for name, part in value.items():
            if part not in (None, [], {}):
                yield name, part
            yield from told(part)
    elif isinstance(value, list):
        for part in value:
            yield from told(part)


@pytest.mark.parametrize("confidence", [0.99, 0.3])
def test_a_blind_claim_shows_content_alone(blind_house: House, api: Api, confidence: float) -> None:
    blind_house.in_review("one", label="delivery", confidence=confidence)
    answer = api(blind_house.reviewer).post("/api/v1/claim/", {}, format="json")
    (review,) = answer.json()["reviews"]

    assert (review["blind"], review["suggestion"]) == (True, None)
    assert review["why"] == {"text": "Shown without suggestion"}
    assert "triage 1" not in answer.content.decode()
    assert str(confidence) not in answer.content.decode()


@pytest.mark.parametrize("confidence", [0.99, 0.3])
@pytest.mark.parametrize("name", MAY_CLAIM)
def test_whoever_may_claim_learns_nothing_of_its_fate(
    blind_house: House, api: Api, name: str, confidence: float
) -> None:
    (item_id,) = blind_house.in_review("one", confidence=confidence)
    client = api(person(blind_house, name))

    item = client.get(f"/api/v1/items/{item_id}/").json()
    trail = client.get(f"/api/v1/items/{item_id}/trail/").json()
    (line,) = client.get("/api/v1/items/").json()["items"]

    assert item["payload"] == {"text": "one"}
    assert not TELLING & {name for name, _ in told([item, trail, line])}
    assert (item["withheld"], trail["withheld"], line["withheld"]) == (True, True, True)


@pytest.mark.parametrize("name", MAY_CLAIM)
def test_both_sides_of_the_threshold_look_the_same(blind_house: House, api: Api, name: str) -> None:
    automatic, below = blind_house.in_review("one", confidence=0.99) + blind_house.in_review("one", confidence=0.3)
    client = api(person(blind_house, name))

    def face(item_id: Any) -> str:
        item = client.get(f"/api/v1/items/{item_id}/").json()
        return json.dumps(
            {key: value for key, value in item.items() if key not in {"id", "external_id", "received_at"}}
        )

    assert face(automatic) == face(below)
    for query in ({"state": "resolved"}, {"state": "in_review"}, {"label": "billing"}):
        assert client.get("/api/v1/items/", query).json()["items"] == []


@pytest.mark.parametrize("name", ["auditor", "integrator"])
def test_those_who_never_claim_see_everything(blind_house: House, api: Api, name: str) -> None:
    (item_id,) = blind_house.in_review("one", confidence=0.99)
    item = api(person(blind_house, name)).get(f"/api/v1/items/{item_id}/").json()

    assert (item["state"], item["withheld"], item["prediction"]["drawn"]) == ("resolved", False, True)


def test_an_owner_who_may_not_claim_in_the_queue_sees_everything(blind_house: House, api: Api) -> None:
    (item_id,) = blind_house.in_review("one", confidence=0.99)

    assert api(blind_house.owner).get(f"/api/v1/items/{item_id}/").json()["state"] == "resolved"


def test_while_the_answer_can_be_undone_the_veil_stays(blind_house: House, api: Api) -> None:
    (item_id,) = blind_house.in_review("one", confidence=0.99)
    client = api(blind_house.reviewer)
    decision = decide(client, claim_one(client), action="correct", label="other").json()["decision"]
    inside = client.get(f"/api/v1/items/{item_id}/").json()
    blind_house.enter()
    blind_house.queue.undo_window_s = 0
    blind_house.queue.save()
    after = client.get(f"/api/v1/items/{item_id}/").json()

    assert inside["withheld"]
    assert (after["withheld"], after["reviews"][0]["decisions"][0]["id"]) == (False, decision["id"])


def test_a_blind_decision_answers_alike_on_both_sides_of_the_threshold(blind_house: House, api: Api) -> None:
    blind_house.in_review("one", confidence=0.99)
    blind_house.in_review("two", confidence=0.3)
    client = api(blind_house.reviewer)
    answers = [decide(client, claim_one(client), action="correct", label="other").json() for _ in range(2)]

    shapes = [{key: type(value) for key, value in answer["decision"].items()} for answer in answers]
    assert shapes[0] == shapes[1]
    assert all(answer["undo_until"] for answer in answers)


def test_accept_of_what_was_never_shown_is_refused_alike(blind_house: House, api: Api) -> None:
    blind_house.in_review("one", confidence=0.99)
    client = api(blind_house.reviewer)
    answer = decide(client, claim_one(client), action="accept")

    assert (answer.status_code, answer.json()["code"]) == (422, "no_suggestion")


def test_a_withdrawal_by_somebody_who_may_claim_tells_nothing(blind_house: House, api: Api) -> None:
    (item_id,) = blind_house.in_review("one", confidence=0.99)
    blind_house.queue.role = "lead"
    blind_house.queue.save()
    answer = api(blind_house.owner).post(f"/api/v1/items/{item_id}/withdraw/")

    assert answer.status_code == 409
    assert "resolved" not in answer.content.decode()
    blind_house.enter()
    assert Review.objects.get().state == "open"

"""Finding, seeing and taking back items."""

from typing import Any

import pytest

from governance.domain import uuid7
from governance.selectors.scope import enter_workspace
from review.models import Item
from tests.conftest import House
from tests.review.api.conftest import ITEMS, Api, claim_one, decide

LIST = "/api/v1/items/"


def ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer.json()["items"]]


def test_items_come_newest_first_page_by_page(house: House, api: Api) -> None:
    stored = [str(item_id) for item_id in house.receive("one", "two", "three")]
    client = api(house.auditor)
    first = client.get(LIST, {"limit": 2})
    second = client.get(LIST, {"limit": 2, "before": first.json()["next_before"]})

    assert ids(first) + ids(second) == stored[::-1]
    assert second.json()["next_before"] is None


def test_items_are_found_by_external_id_state_label_and_workflow(house: House, api: Api) -> None:
    automatic, held = house.in_review("sure", confidence=0.99) + house.in_review("unsure", confidence=0.3)
    reviewer, auditor = api(house.reviewer), api(house.auditor)
    decide(reviewer, claim_one(reviewer), action="correct", label="other")
    house.enter()
    external_id = Item.objects.get(id=held).external_id

    assert ids(auditor.get(LIST, {"external_id": external_id})) == [str(held)]
    assert ids(auditor.get(LIST, {"state": "resolved"})) == [str(automatic)]
    assert ids(auditor.get(LIST, {"label": "other"})) == [str(held)]
    assert ids(auditor.get(LIST, {"label": "billing", "workflow": "support-triage"})) == [str(automatic)]
    assert ids(auditor.get(LIST, {"workflow": "nothing"})) == []


@pytest.mark.parametrize(
    "query",
    [
        {"state": "odd"},
        {"before": "x"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "-1"},
        {"q": "\x00"},
        {"limit": "९"},
    ],
)
def test_a_filter_that_makes_no_sense_is_422(house: House, api: Api, query: dict[str, str]) -> None:
    answer = api(house.auditor).get(LIST, query)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")


@pytest.mark.parametrize("words", ["parcel", '"', "a & | b", "-", "%", "\\", "x" * 3000])
def test_any_words_can_be_searched_for(house: House, api: Api, words: str) -> None:
    house.receive("one")

    assert api(house.auditor).get(LIST, {"q": words}).status_code == 200


def test_an_item_tells_what_became_of_it(house: House, api: Api) -> None:
    (item_id,) = house.in_review("one", confidence=0.8)
    reviewer = api(house.reviewer)
    decide(reviewer, claim_one(reviewer), action="correct", label="other", note="clear")
    item = api(house.auditor).get(f"{LIST}{item_id}/").json()

    assert (item["state"], item["withheld"], item["payload"]) == ("held", False, {"text": "one"})
    assert item["outcome"]["label"] == "other"
    assert item["prediction"]["suggestion"]["label"] == "billing"
    assert item["prediction"]["disposition"] == "review"
    (review,) = item["reviews"]
    assert (review["kind"], review["state"]) == ("primary", "decided")
    assert (review["decisions"][0]["label"], review["decisions"][0]["is_effective"]) == ("other", True)
    (message,) = item["outbox"]
    assert (message["type"], message["published_at"]) == ("item.resolved", None)
    assert message["outcome"] == item["outcome"]["id"]


def test_the_trail_tells_every_step_in_order(house: House, api: Api) -> None:
    (item_id,) = house.in_review("one")
    reviewer, auditor = api(house.reviewer), api(house.auditor)
    decide(reviewer, claim_one(reviewer), action="accept")
    trail = auditor.get(f"{LIST}{item_id}/trail/").json()

    assert [event["action"] for event in trail["events"]] == [
        "item.received",
        "item.routed",
        "review.claimed",
        "decision.made",
    ]
    assert [event["seq"] for event in trail["events"]] == [1, 2, 3, 4]
    assert trail["events"][3]["data"]["label"] == "billing"
    assert len(auditor.get(f"{LIST}{item_id}/trail/", {"after": 2}).json()["events"]) == 2


def test_an_item_is_withdrawn_until_it_is_resolved(house: House, api: Api) -> None:
    (waiting,) = house.in_review("one", confidence=0.3)
    (resolved,) = house.in_review("two", confidence=0.99)
    client = api(house.integrator)
    first = client.post(f"{LIST}{waiting}/withdraw/")
    again = client.post(f"{LIST}{waiting}/withdraw/")
    late = client.post(f"{LIST}{resolved}/withdraw/")

    assert first.json() == again.json() == {"id": str(waiting), "state": "withdrawn"}
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert api(house.reviewer).post("/api/v1/claim/", {}, format="json").json() == {"reviews": []}


@pytest.mark.parametrize("path", ["", "trail/", "withdraw/"])
def test_another_workspaces_item_is_404(house: House, api: Api, path: str) -> None:
    (item_id,) = house.receive("one")
    client = api(house.outsider)
    method = client.post if path == "withdraw/" else client.get

    assert method(f"{LIST}{item_id}/{path}").status_code == 404
    assert method(f"{LIST}{uuid7()}/{path}").status_code == 404


def test_another_workspace_sees_and_reaches_nothing(house: House, api: Api) -> None:
    house.in_review("one")
    review = claim_one(api(house.reviewer))
    client = api(house.outsider)

    assert client.get(LIST).json()["items"] == []
    assert client.get("/api/v1/queues/").json()["queues"] == []
    assert client.get("/api/v1/workflows/").json()["workflows"] == []
    assert client.get("/api/v1/workflows/support-triage/").status_code == 404
    assert client.post(ITEMS, {"external_id": "a", "payload": {"text": "x"}}, format="json").status_code == 404
    assert decide(client, review, action="accept").status_code == 404
    assert client.post("/api/v1/queues/triage/claim/", {}, format="json").status_code == 404
    enter_workspace(house.other_workspace.id)
    assert Item.objects.count() == 0


def test_a_workflow_shows_its_contract(house: House, api: Api) -> None:
    client = api(house.integrator)
    (line,) = client.get("/api/v1/workflows/").json()["workflows"]
    workflow = client.get("/api/v1/workflows/support-triage/").json()

    assert (line["key"], line["state"], line["takes_predictions"]) == ("support-triage", "active", True)
    assert workflow["contract"]["version"] == "1.0.0"
    assert workflow["contract"]["input_schema"]["required"] == ["text"]
    assert [label["value"] for label in workflow["contract"]["labels"]] == ["billing", "delivery", "other"]

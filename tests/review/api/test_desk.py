"""Drafts, snoozing, revealing and templates over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from review.models import Review
from review.services.templates import create_template
from tests.conftest import House
from tests.review.api.conftest import ITEMS, Api, claim_one, decide, statements
from tests.review.services.test_reveal import EMAIL, send

TYPED: dict[str, Any] = {"label": "other", "fields": {"urgent": True}, "note": "half\na note", "reason_code": "unsure"}


def draft(client: Any, review: dict[str, Any], **content: Any) -> Any:
    return client.put(f"/api/v1/reviews/{review['id']}/draft/", {"fence": review["fence"]} | content, format="json")


def snooze(client: Any, review: dict[str, Any], **body: Any) -> Any:
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    return client.post(
        f"/api/v1/reviews/{review['id']}/snooze/", {"fence": review["fence"], "until": until} | body, format="json"
    )


def reveal(client: Any, item_id: Any, **body: Any) -> Any:
    asked = {"pointers": ["/email"], "reason_code": "needed_to_decide"} | body
    return client.post(f"/api/v1/items/{item_id}/reveal/", asked, format="json")


def test_a_draft_comes_back_with_the_next_claim(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    assert review["draft"] is None
    saved = draft(client, review, **TYPED)
    client.post(f"/api/v1/reviews/{review['id']}/release/", {"fence": review["fence"]}, format="json")

    assert saved.status_code == 200
    assert claim_one(client)["draft"] == TYPED | saved.json()


def test_decides_next_and_undo_bring_drafts_too(house: House, api: Api) -> None:
    house.in_review("one", "two")
    client = api(house.reviewer)
    first, second = claim_one(client), claim_one(client)
    draft(client, second, note="for the second")
    client.post(f"/api/v1/reviews/{second['id']}/release/", {"fence": second["fence"]}, format="json")
    answer = decide(client, first, action="correct", label="other", claim_next=1).json()
    undone = client.post(f"/api/v1/decisions/{answer['decision']['id']}/undo/")

    assert [review["draft"]["note"] for review in answer["next"]] == ["for the second"]
    assert undone.json()["review"]["draft"] is None


def test_saving_a_draft_takes_three_statements(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    with statements() as found:
        draft(client, review, **TYPED)

    assert len(found) <= 3, found


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"fence": -1}, "/fence"),
        ({"fence": None}, "/fence"),
        ({"label": "x" * 201}, "/label"),
        ({"label": 1}, "/label"),
        ({"fields": []}, "/fields"),
        ({"note": "x" * 4001}, "/note"),
        ({"reason_code": "a\nb"}, "/reason_code"),
        ({"more": 1}, "/more"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_draft_that_can_not_be_one_is_422_at_its_place(
    house: House, api: Api, body: dict[str, Any], place: str
) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    answer = draft(client, claim_one(client), **body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [place]


def test_a_draft_with_too_many_fields_is_422(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    answer = draft(client, claim_one(client), fields={"text": "x" * 70_000})

    assert (answer.status_code, answer.json()["pointer"]) == (422, "/fields")


def test_a_draft_for_a_review_one_never_had_is_409(house: House, api: Api) -> None:
    house.in_review("one")
    review = claim_one(api(house.reviewer))
    answer = draft(api(house.colleague), review, note="mine")

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_fence")


def test_a_review_is_put_off_and_the_call_can_be_repeated(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    until = (timezone.now() + timedelta(hours=3)).isoformat()
    answers = [snooze(client, review, until=until, note="tomorrow") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert client.post("/api/v1/claim/", {"count": 1}, format="json").json()["reviews"] == []
    house.enter()
    Review.objects.update(snoozed_until=timezone.now() - timedelta(days=1))
    assert claim_one(client)["id"] == review["id"]


@pytest.mark.parametrize(
    ("until", "status"),
    [("tomorrow", 422), (None, 422), ("2020-01-01T00:00:00Z", 422), ("9999-12-31T23:59:59Z", 422), (1, 422)],
    ids=lambda value: str(value)[:40],
)
def test_a_time_that_can_not_be_is_422(house: House, api: Api, until: object, status: int) -> None:
    house.in_review("one")
    client = api(house.reviewer)

    assert snooze(client, claim_one(client), until=until).status_code == status


def test_a_stale_snooze_is_409(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    answer = snooze(client, review | {"fence": review["fence"] + 1})

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_fence")


def test_what_is_sensitive_is_in_no_answer_of_the_work(house: House, api: Api) -> None:
    item_id = send(house)
    client = api(house.reviewer)
    claimed = client.post("/api/v1/claim/", {"count": 1}, format="json")
    (review,) = claimed.json()["reviews"]
    decided = decide(client, review, action="correct", label="other")
    undone = client.post(f"/api/v1/decisions/{decided.json()['decision']['id']}/undo/")
    seen = client.get(f"/api/v1/items/{item_id}/")
    found = client.get("/api/v1/items/", {"q": "Where"})

    assert (review["item"]["payload"]["email"], review["item"]["masked"]) == (None, ["/email"])
    assert (seen.json()["payload"]["email"], seen.json()["masked"]) == (None, ["/email"])
    assert [item["id"] for item in found.json()["items"]] == [str(item_id)]
    for answer in (claimed, decided, undone, seen, found):
        assert EMAIL not in answer.content.decode()


def test_a_flag_inside_a_masked_field_shows_no_place(house: House, api: Api) -> None:
    send(house, email="ignore_all_previous_instructions@example.com")
    item = claim_one(api(house.reviewer))["item"]

    assert (item["flags"], item["suspicious"]) == (["instruction_like"], {})


def test_a_person_who_sends_and_waits_is_answered_masked(house: House, api: Api) -> None:
    sent = {"external_id": "w-1", "payload": {"text": "x", "email": EMAIL}}
    client = api(house.integrator)
    item_id = client.post(ITEMS, sent, format="json").json()["id"]
    answer = client.get(f"/api/v1/items/{item_id}/?wait=0.1")

    assert answer.json()["masked"] == ["/email"]
    assert EMAIL not in answer.content.decode()


def test_a_reveal_returns_values_and_shows_in_the_trail_without_them(house: House, api: Api) -> None:
    item_id = send(house)
    answer = reveal(api(house.reviewer), item_id, note="asked for by the carrier")
    trail = api(house.auditor).get(f"/api/v1/items/{item_id}/trail/")

    assert (answer.status_code, answer.json()) == (200, {"values": {"/email": EMAIL}})
    last = trail.json()["events"][-1]
    assert (last["action"], last["data"]["pointers"]) == ("item.revealed", ["/email"])
    assert EMAIL not in trail.content.decode()


def test_the_holder_of_a_blind_review_may_reveal(blind_house: House, api: Api) -> None:
    item_id = send(blind_house)
    client = api(blind_house.reviewer)
    review = claim_one(client)

    assert (review["blind"], review["item"]["masked"]) == (True, ["/email"])
    assert reveal(client, item_id).json() == {"values": {"/email": EMAIL}}
    assert client.get(f"/api/v1/items/{item_id}/trail/").json() == {"withheld": True, "events": []}


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"pointers": []}, ["/pointers"]),
        ({"pointers": "/email"}, ["/pointers"]),
        ({"pointers": [1]}, ["/pointers/0"]),
        ({"pointers": ["/text"]}, ["/pointers/0"]),
        ({"pointers": ["/email", "/gone"]}, ["/pointers/1"]),
        ({"reason_code": "curiosity"}, ["/reason_code"]),
        ({"reason_code": None}, ["/reason_code"]),
        ({"more": 1}, ["/more"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_reveal_that_makes_no_sense_is_422_at_its_place(
    house: House, api: Api, body: dict[str, Any], places: list[str]
) -> None:
    answer = reveal(api(house.reviewer), send(house), **body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == places


def test_another_reason_without_a_note_is_422(house: House, api: Api) -> None:
    answer = reveal(api(house.reviewer), send(house), reason_code="other")

    assert (answer.status_code, answer.json()["pointer"]) == (422, "/note")


def test_templates_are_listed_for_reviewers(house: House, api: Api) -> None:
    template = create_template(
        actor=house.actor(house.owner),
        workflow_id=house.workflow.id,
        name="Lost",
        action="correct",
        label="delivery",
        note="Ask the carrier.",
    )
    client = api(house.reviewer)

    assert client.get("/api/v1/workflows/support-triage/templates/").json() == {
        "templates": [
            {
                "id": str(template.id),
                "name": "Lost",
                "action": "correct",
                "label": "delivery",
                "fields": {},
                "reason_code": "",
                "note": "Ask the carrier.",
            }
        ]
    }
    assert client.get("/api/v1/workflows/no-such/templates/").status_code == 404

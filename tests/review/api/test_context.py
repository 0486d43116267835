"""What a reviewer may lean on: precedents, open items alike, the model's card, and none of it where the review is blind."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from governance.statements import fetch
from review.models import Queue, Review
from routing.models import Observation, Prediction, Workflow
from routing.selectors.neighbours import ANSWERED_SQL, ASKED_SQL
from tests.conftest import House, leave_workspace
from tests.local_model import put_in_charge, send_to_people, small_model, take_in
from tests.review.api.conftest import Api, claim_one, decide, statements

NOTHING = b'{"precedents":[],"similar_open":[],"model":null}'
LOST, LOST_TOO, CHARGED = (
    "my parcel is lost on the way",
    "the parcel is lost on the way",
    "the invoice was charged twice",
)


@pytest.fixture
def predicted(house: House) -> House:
    """The cast, where a local model predicts and people answer everything."""
    put_in_charge(house, small_model())
    return house


def context(client: APIClient, review: Any) -> dict[str, Any]:
    answer = client.get(f"/api/v1/reviews/{review['id'] if isinstance(review, dict) else review}/context/")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def decided(house: House, client: APIClient, *texts: Any, **answer: Any) -> list[Any]:
    """Take items in and answer each; return their ids."""
    ids = []
    for text in texts:
        ids += take_in(house, text)
        decide(client, claim_one(client), **({"action": "correct", "label": "delivery"} | answer))
    house.enter()
    return ids


def draw_everything(house: House, rate: float = 1.0) -> None:
    house.enter()
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=rate)


def test_the_nearest_decided_items_come_first_with_what_was_answered(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    same, near = decided(predicted, client, LOST, {"subject": "Lost", "text": LOST_TOO})
    decided(predicted, client, CHARGED, label="billing")
    take_in(predicted, LOST)

    precedents = context(client, claim_one(client))["precedents"]

    assert [one["item"] for one in precedents[:2]] == [str(same), str(near)]
    assert precedents[0]["similarity"] == pytest.approx(1, abs=0.001)
    assert 1 > precedents[1]["similarity"] > 0.5
    assert [(one["label"], one["label_title"], one["title"]) for one in precedents[:2]] == [
        ("delivery", "Delivery", LOST),
        ("delivery", "Delivery", "Lost"),
    ]
    assert str(same) not in {one["item"] for one in precedents[1:]}


def test_what_shares_no_word_is_no_precedent(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    decided(predicted, client, "green lamps sell", "opening hours")
    take_in(predicted, LOST)

    assert context(client, claim_one(client))["precedents"] == []


def test_at_most_three_are_told(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    decided(predicted, client, *[LOST] * 5)
    take_in(predicted, LOST)

    assert len(context(client, claim_one(client))["precedents"]) == 3


def test_an_undone_answer_is_no_precedent(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    take_in(predicted, LOST)
    done = decide(client, claim_one(client), action="correct", label="delivery").json()["decision"]
    take_in(predicted, LOST)
    review = claim_one(client)
    before = context(client, review)["precedents"]
    client.post(f"/api/v1/decisions/{done['id']}/undo/")

    assert len(before) == 1
    assert context(client, review)["precedents"] == []


def test_an_amended_answer_is_told_as_amended_and_no_label_in_words(predicted: House, api: Api) -> None:
    Queue.objects.update(undo_window_s=0)
    client = api(predicted.lead)
    (item_id,) = decided(predicted, client, LOST)
    decided(predicted, client, LOST_TOO, action="reject", label=None)
    client.post(f"/api/v1/items/{item_id}/amend/", {"label": "other", "reason_code": "wrong"}, format="json")
    take_in(predicted, LOST)

    told = [(one["label"], one["label_title"]) for one in context(client, claim_one(client))["precedents"]]

    assert told == [("other", "Other"), (None, "No label applies")]


def test_what_no_person_answered_is_no_precedent(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    predicted.workflow.restrictions.all().delete()
    automatic = take_in(predicted, LOST + " 1")
    send_to_people(predicted)
    take_in(predicted, LOST, LOST)
    review = claim_one(client)

    assert not Review.objects.filter(item_id__in=automatic).exists()
    assert context(client, review)["precedents"] == []


@pytest.mark.parametrize("name", ["reviewer", "colleague", "lead"])
def test_a_blind_review_gets_exactly_nothing(predicted: House, api: Api, name: str) -> None:
    client = api(predicted.reviewer)
    decided(predicted, client, LOST)
    draw_everything(predicted)
    Queue.objects.update(allows_bulk=True)
    take_in(predicted, LOST, LOST)
    review = claim_one(client)
    predicted.enter()
    waiting = Review.objects.get(state="open")

    for review_id in (review["id"], waiting.id):
        answer = api(getattr(predicted, name)).get(f"/api/v1/reviews/{review_id}/context/")
        assert (answer.status_code, answer.content) == (200, NOTHING)
    assert review["suggestion"] is None
    assert "evidence" not in str(review)


def test_after_a_blind_answer_there_is_still_nothing(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    decided(predicted, client, LOST)
    draw_everything(predicted)
    take_in(predicted, LOST)
    review = claim_one(client)
    decide(client, review, action="correct", label="other")

    assert client.get(f"/api/v1/reviews/{review['id']}/context/").content == NOTHING


def test_an_item_that_may_still_be_asked_about_blindly_is_no_precedent(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    draw_everything(predicted)
    (item_id,) = decided(predicted, client, LOST)
    draw_everything(predicted, 0)
    take_in(predicted, LOST)
    review = claim_one(client)

    veiled = context(client, review)["precedents"]
    predicted.enter()
    Queue.objects.update(undo_window_s=0)
    after = context(client, review)["precedents"]

    assert veiled == []
    assert [one["item"] for one in after] == [str(item_id)]


def test_whoever_may_work_the_queue_sees_it_and_nobody_else(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    decided(predicted, client, LOST)
    take_in(predicted, LOST)
    review = claim_one(client)

    assert len(context(api(predicted.colleague), review)["precedents"]) == 1
    for name in ("owner", "admin"):
        answer = api(getattr(predicted, name)).get(f"/api/v1/reviews/{review['id']}/context/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    unknown = client.get("/api/v1/reviews/01890000-0000-7000-8000-000000000000/context/")
    assert unknown.status_code == 404


def test_a_holder_keeps_it_when_they_leave_the_queue(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    take_in(predicted, LOST)
    review = claim_one(client)
    predicted.enter()
    predicted.queue.memberships.filter(user=predicted.reviewer).delete()

    assert context(client, review)["model"]["name"] == "small"


def test_sensitive_fields_are_in_no_title(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    decided(predicted, client, {"email": "ada@example.com", "text": LOST})
    take_in(predicted, LOST)
    answer = client.get(f"/api/v1/reviews/{claim_one(client)['id']}/context/")

    assert answer.json()["precedents"][0]["title"] == LOST
    assert b"ada@example.com" not in answer.content


def test_open_items_alike_are_told_where_the_queue_allows_it(predicted: House, api: Api) -> None:
    client = api(predicted.reviewer)
    ids = take_in(predicted, LOST, LOST, LOST_TOO, CHARGED)
    review = claim_one(client)

    assert context(client, review)["similar_open"] == []
    predicted.enter()
    Queue.objects.update(allows_bulk=True)
    found = context(client, review)["similar_open"]

    assert [one["item"] for one in found] == [str(ids[1]), str(ids[2])]
    assert found[0]["review"] == str(Review.objects.get(item_id=ids[1]).id)
    assert (found[0]["similarity"], found[0]["title"]) == (pytest.approx(1, abs=0.001), LOST)
    assert 0.8 <= found[1]["similarity"] < 1


@pytest.mark.parametrize(
    "change",
    [
        {"skipped_by": "person"},
        {"assigned_to": "01890000-0000-7000-8000-000000000000"},
        {"snoozed_until": timezone.now() + timedelta(days=1)},
        {"kind": "second", "slot": 2},
        {"state": "cancelled"},
    ],
    ids=["skipped", "somebody else's", "snoozed", "blind", "closed"],
)
def test_only_what_the_person_may_claim_is_among_them(predicted: House, api: Api, change: dict[str, Any]) -> None:
    Queue.objects.update(allows_bulk=True)
    client = api(predicted.reviewer)
    _mine, other = take_in(predicted, LOST, LOST)
    review = claim_one(client)
    before = context(client, review)["similar_open"]
    predicted.enter()
    change = {name: [predicted.reviewer.id] if value == "person" else value for name, value in change.items()}
    Review.objects.filter(item_id=other).update(**change)

    assert len(before) == 1
    assert context(client, review)["similar_open"] == []


def test_a_paused_queue_or_one_of_others_offers_none(predicted: House, api: Api) -> None:
    Queue.objects.update(allows_bulk=True)
    client = api(predicted.reviewer)
    take_in(predicted, LOST, LOST)
    review = claim_one(client)
    predicted.enter()
    Queue.objects.update(is_paused=True)
    paused = context(client, review)["similar_open"]
    predicted.enter()
    Queue.objects.update(is_paused=False)
    predicted.queue.memberships.filter(user=predicted.reviewer).delete()

    assert (paused, context(client, review)["similar_open"]) == ([], [])


def test_the_models_card_says_what_was_measured_and_what_fails(house: House, api: Api) -> None:
    put_in_charge(house, small_model(), known_failures=["Of 9 held-out rows of “other”, 2 came back as “billing”."])
    take_in(house, LOST)
    client = api(house.reviewer)
    model = context(client, claim_one(client))["model"]

    assert (model["name"], model["version"], model["backend"]) == ("small", "7", "local")
    assert model["known_failures"] == ["Of 9 held-out rows of “other”, 2 came back as “billing”."]
    assert "known_failures" not in model["metrics"]
    assert model["metrics"]["measured_on"]
    assert model["labels"][0] == {"value": "billing", "title": "Billing"}
    assert model["registered_at"][:4] == str(timezone.now().year)


def test_a_model_that_leaves_no_terms_has_a_card_and_no_neighbours(house: House, api: Api) -> None:
    house.in_review("one", "two")
    client = api(house.reviewer)
    answer = context(client, claim_one(client))

    assert (answer["precedents"], answer["similar_open"]) == ([], [])
    assert (answer["model"]["name"], answer["model"]["backend"]) == ("triage", "external")
    assert [label["value"] for label in answer["model"]["labels"]] == ["billing", "delivery", "other"]


def test_terms_of_another_workspace_are_out_of_reach(predicted: House, api: Api) -> None:
    decided(predicted, api(predicted.reviewer), LOST)
    vector = Prediction.objects.exclude(terms=None)[0]
    asked = {
        "workflow": predicted.workflow.id,
        "item": predicted.workflow.id,
        "terms": vector.terms,
        "weights": vector.term_weights,
    }
    sql = f"WITH {ASKED_SQL}, {ANSWERED_SQL} SELECT item_id FROM answered"

    assert len(fetch(sql, asked)) == 1
    assert Observation.objects.get().terms == (vector.terms or [])[:6]
    leave_workspace()
    assert fetch(sql, asked) == []


def test_it_takes_few_statements(predicted: House, api: Api) -> None:
    Queue.objects.update(allows_bulk=True)
    client = api(predicted.reviewer)
    decided(predicted, client, LOST)
    take_in(predicted, LOST, LOST)
    review = claim_one(client)
    leave_workspace()

    with statements() as found:
        answer = context(client, review)

    assert (len(answer["precedents"]), len(answer["similar_open"])) == (1, 1)
    assert len(found) <= 4, found


def test_evidence_stands_in_the_text_and_never_in_a_masked_field(predicted: House, api: Api) -> None:
    take_in(predicted, {"subject": "Lost parcel 😀", "text": f"Hello,\n\n{LOST}", "email": "parcel@lost.example"})
    client = api(predicted.reviewer)
    review = claim_one(client)
    payload, evidence = review["item"]["payload"], review["suggestion"]["evidence"]
    passages = {place: [payload[place[1:]][start:end] for start, end, _ in spans] for place, spans in evidence.items()}

    assert evidence.keys() <= {"/subject", "/text"}
    assert any("parcel" in passage.lower() for passage in passages["/text"])
    assert {strength for spans in evidence.values() for _start, _end, strength in spans} <= {"strong", "weak"}

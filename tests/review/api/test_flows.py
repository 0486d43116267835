"""A reviewer's day over HTTP: claim, decide, undo, skip, escalate, release, renew."""

from typing import Any

import pytest

from governance.models import OutboxMessage
from review.models import Decision, Item, LateAnswer, Outcome, Queue, QueueMember, Review
from tests.conftest import House
from tests.review.api.conftest import Api, claim_one, decide

CLAIM = "/api/v1/claim/"


def state_of(house: House, item_id: Any) -> str:
    house.enter()
    return Item.objects.get(id=item_id).state


def test_a_claim_shows_what_a_reviewer_needs(house: House, api: Api) -> None:
    (item_id,) = house.in_review("Where is my parcel?", confidence=0.8, value=12.5)

    review = claim_one(api(house.reviewer))

    assert review["item"]["id"] == str(item_id)
    assert review["item"]["payload"] == {"text": "Where is my parcel?"}
    assert review["item"]["workflow"] == {"key": "support-triage", "name": "Support triage"}
    assert review["item"]["labels"][0] == {"value": "billing", "title": "Billing"}
    assert review["item"]["views"]["/text"] == "text"
    assert review["item"]["sensitive"] == ["/email"]
    assert review["queue"] == {"key": "triage", "name": "Triage", "undo_window_s": 30}
    assert (review["blind"], review["adjudication"]) == (False, False)
    assert review["suggestion"] == {
        "label": "billing",
        "title": "Billing",
        "confidence": 0.8,
        "top": [{"label": "billing", "title": "Billing", "score": 0.8}],
        "model": "triage 1",
        "evidence": {},
    }
    assert review["why"]["text"] == "0.80, automatic from 0.90"
    assert review["why"]["reason_code"] == "below_threshold"
    assert review["why"]["threshold"] == 0.9
    assert review["why"]["margin"] == pytest.approx(0.1, abs=0.001) or review["why"]["margin"] < 0


def test_nobody_gets_what_another_holds(house: House, api: Api) -> None:
    house.in_review("one", "two", "three")
    mine = api(house.reviewer).post(CLAIM, {"count": 2}, format="json").json()["reviews"]
    theirs = api(house.colleague).post(CLAIM, {"count": 10}, format="json").json()["reviews"]
    none = api(house.colleague).post(CLAIM, {"count": 1}, format="json")

    assert (len(mine), len(theirs)) == (2, 1)
    assert not {review["id"] for review in mine} & {review["id"] for review in theirs}
    assert (none.status_code, none.json()) == (200, {"reviews": []})


@pytest.mark.parametrize("body", [{"count": 0}, {"count": 11}, {"count": "1"}, {"count": True}, {"n": 1}, [], "x"])
def test_a_claim_for_something_else_is_422(house: House, api: Api, body: Any) -> None:
    answer = api(house.reviewer).post(CLAIM, body, format="json")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")


def test_a_queue_that_is_not_the_callers_is_404(house: House, api: Api) -> None:
    client = api(house.reviewer)

    for key in ("escalations", "no-such-queue"):
        answer = client.post(f"/api/v1/queues/{key}/claim/", {}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_queue")


def test_a_decision_is_recorded_and_its_outcome_waits_for_the_undo_window(house: House, api: Api) -> None:
    (item_id,) = house.in_review("one")
    client = api(house.reviewer)
    answer = decide(client, claim_one(client), action="correct", label="delivery", note="It says parcel.")
    told = answer.json()

    assert answer.status_code == 200
    assert told["decision"]["label"] == "delivery"
    assert told["undo_until"] > told["decision"]["recorded_at"]
    assert told["next"] == []
    assert state_of(house, item_id) == "held"
    assert Outcome.objects.get(item_id=item_id).label == "delivery"
    assert OutboxMessage.objects.get(stream_id=item_id).data["label"] == "delivery"


def test_the_same_answer_twice_is_stored_once_and_answered_the_same(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    first = decide(client, review, action="accept", label="billing")
    again = decide(client, review, action="accept", label="billing")

    assert again.json() == first.json()
    house.enter()
    assert Decision.objects.count() == 1
    assert LateAnswer.objects.count() == 0


def test_a_late_answer_is_409_and_is_kept(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    client.post(f"/api/v1/reviews/{review['id']}/release/", {"fence": review["fence"]}, format="json")
    answer = decide(client, review, action="correct", label="other", note="typed with care")

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_fence")
    assert answer.json()["kept"]["note"] == "typed with care"
    house.enter()
    assert LateAnswer.objects.get().body["label"] == "other"
    assert Decision.objects.count() == 0


def test_somebody_elses_lease_is_not_mine_to_answer_renew_or_release(house: House, api: Api) -> None:
    house.in_review("one")
    review = claim_one(api(house.reviewer))
    other = api(house.colleague)
    fence = {"fence": review["fence"]}

    assert decide(other, review, action="accept").status_code == 409
    assert other.post(f"/api/v1/reviews/{review['id']}/renew/", fence, format="json").status_code == 409
    assert other.post(f"/api/v1/reviews/{review['id']}/release/", fence, format="json").status_code == 409
    house.enter()
    assert Review.objects.get().state == "leased"


def test_an_unknown_label_is_422_with_the_allowed_ones(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    answer = decide(client, review, action="correct", label="nonsense")

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_label")
    assert answer.json()["allowed"] == ["billing", "delivery", "other"]
    assert decide(client, review, action="correct", label="other").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"action": "approve"},
        {"action": None},
        {"action": 1},
        {"fence": -1},
        {"fence": "1"},
        {"claim_next": 6},
        {"active_ms": -1},
        {"active_ms": 2**40},
        {"note": 5},
        {"note": "x" * 5000},
        {"fields": []},
        {"reason_code": "x" * 64},
        {"something": 1},
    ],
)
def test_an_answer_with_a_wrong_member_is_422(house: House, api: Api, change: dict[str, Any]) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    answer = decide(client, review, **({"action": "accept"} | change))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    house.enter()
    assert Review.objects.get().state == "leased"


def test_fields_keep_the_output_schema(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)

    assert decide(client, review, action="accept", fields={"urgent": "yes"}).status_code == 422
    assert decide(client, review, action="accept", fields={"urgent": True}).status_code == 200


def test_undo_brings_the_review_back_to_its_reviewer_and_recalls_what_waited(house: House, api: Api) -> None:
    (item_id,) = house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    decision = decide(client, review, action="accept").json()["decision"]
    undone = client.post(f"/api/v1/decisions/{decision['id']}/undo/")

    assert undone.status_code == 200
    assert undone.json()["review"]["id"] == review["id"]
    assert undone.json()["review"]["fence"] > review["fence"]
    assert state_of(house, item_id) == "in_review"
    assert OutboxMessage.objects.count() == 0
    assert decide(client, undone.json()["review"], action="correct", label="other").status_code == 200


def test_undo_is_refused_to_others_after_the_window_and_for_nothing(house: House, api: Api) -> None:
    house.in_review("one", "two")
    client = api(house.reviewer)
    decision = decide(client, claim_one(client), action="accept").json()["decision"]
    undo = f"/api/v1/decisions/{decision['id']}/undo/"

    assert api(house.colleague).post(undo).json()["code"] == "not_yours"
    house.enter()
    Item.objects.filter(state="held").update(state="resolved")
    assert client.post(undo).json()["code"] == "undo_window_closed"
    assert client.post("/api/v1/decisions/01890000-0000-7000-8000-000000000000/undo/").status_code == 404


def test_a_skipped_review_goes_to_others_only(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    answer = decide(client, review, action="skip", reason_code="language", claim_next=1)

    assert answer.json() == {"decision": None, "undo_until": None, "next": []}
    assert decide(client, review, action="skip", reason_code="language").status_code == 200
    assert claim_one(api(house.colleague))["id"] == review["id"]


def test_an_escalated_review_moves_to_the_leads(house: House, api: Api) -> None:
    house.in_review("one")
    client, lead = api(house.reviewer), api(house.lead)
    review = claim_one(client)
    answer = decide(client, review, action="escalate", note="too hard")

    assert answer.json()["decision"] is None
    assert client.post(CLAIM, {}, format="json").json() == {"reviews": []}
    moved = claim_one(lead)
    assert (moved["id"], moved["queue"]["key"]) == (review["id"], "escalations")


def test_a_released_review_is_open_again_and_a_renewed_one_lasts_longer(house: House, api: Api) -> None:
    house.in_review("one")
    client = api(house.reviewer)
    review = claim_one(client)
    house.enter()
    Queue.objects.filter(id=house.queue.id).update(lease_s=600)
    renewed = client.post(f"/api/v1/reviews/{review['id']}/renew/", {"fence": review["fence"]}, format="json")
    released = client.post(f"/api/v1/reviews/{review['id']}/release/", {"fence": review["fence"]}, format="json")
    again = client.post(f"/api/v1/reviews/{review['id']}/release/", {"fence": review["fence"]}, format="json")

    assert renewed.json()["lease_until"] > review["lease_until"]
    assert released.json() == {"released": True}
    assert (again.status_code, again.json()["code"]) == (409, "stale_fence")
    assert claim_one(api(house.colleague))["id"] == review["id"]


def test_a_review_that_there_is_not_is_404(house: House, api: Api) -> None:
    nowhere = {"id": "01890000-0000-7000-8000-000000000000", "fence": 1}

    assert decide(api(house.reviewer), nowhere, action="accept").status_code == 404


def test_queues_tell_their_depth_to_those_who_may_work_them(house: House, api: Api) -> None:
    house.in_review("one", "two")
    claim_one(api(house.reviewer))
    (queue,) = api(house.reviewer).get("/api/v1/queues/").json()["queues"]
    all_queues = api(house.auditor).get("/api/v1/queues/").json()["queues"]

    assert (queue["key"], queue["depth"], queue["leased"], queue["may_work"]) == ("triage", 1, 1, True)
    assert queue["reviewers"] == ["Reviewer Person"]
    assert [(other["key"], other["may_work"]) for other in all_queues] == [("escalations", False), ("triage", False)]


def test_a_member_taken_out_of_the_queue_claims_nothing_more(house: House, api: Api) -> None:
    house.in_review("one")
    QueueMember.objects.filter(user=house.reviewer).delete()

    assert api(house.reviewer).post(CLAIM, {}, format="json").json() == {"reviews": []}

"""One answer to several reviews: each its own decision, and nothing that needs a judgement of its own."""

from typing import Any
from uuid import UUID

import pytest

from governance.domain import ForbiddenError, InvalidError, uuid7
from governance.models import AuditEvent, OutboxMessage
from review.domain.states import DecisionAction
from review.models import Decision, Item, LateAnswer, Queue, Review
from review.services.bulk import BulkResult, decide_in_bulk
from review.services.claim import claim_reviews
from review.services.decide import Answer
from review.services.undo import undo_decision
from tests.conftest import House
from tests.invariants import broken

ANSWER = Answer(action=DecisionAction.CORRECT, label="delivery", reason_code="same_question")


@pytest.fixture
def bulk_house(house: House) -> House:
    """The cast, whose queues allow one answer to several reviews."""
    Queue.objects.update(allows_bulk=True)
    return house


def review_ids() -> list[UUID]:
    return list(Review.objects.order_by("id").values_list("id", flat=True))


def together(house: House, ids: list[UUID], who: str = "reviewer", answer: Answer = ANSWER) -> list[BulkResult]:
    return decide_in_bulk(actor=house.actor(house.people[who]), review_ids=ids, answer=answer)


def codes(results: list[BulkResult]) -> list[str]:
    return [one.problem.code if one.problem else "decided" for one in results]


def test_each_is_a_decision_of_its_own(bulk_house: House) -> None:
    items = bulk_house.in_review("one", "two", "three")
    results = together(bulk_house, review_ids())

    assert codes(results) == ["decided"] * 3
    assert len({one.decided.decision_id for one in results if one.decided}) == 3
    assert set(Decision.objects.values_list("label", "reason_code", "fence")) == {("delivery", "same_question", 1)}
    assert set(Item.objects.values_list("state", flat=True)) == {"held"}
    assert OutboxMessage.objects.filter(stream_id__in=items).count() == 3
    for item_id in items:
        events = AuditEvent.objects.filter(stream_id=item_id).order_by("stream_seq").values_list("action", flat=True)
        assert list(events) == ["item.received", "item.routed", "review.claimed", "decision.made"]
    assert broken() == {}


def test_one_bad_review_stops_none_of_the_others(bulk_house: House) -> None:
    bulk_house.in_review("one", "two")
    first, second = review_ids()
    results = together(bulk_house, [first, uuid7(), second])

    assert codes(results) == ["decided", "no_such_review", "decided"]
    assert [one.review_id for one in results][::2] == [first, second]


def test_sent_again_it_decides_nothing_twice(bulk_house: House) -> None:
    bulk_house.in_review("one", "two")
    ids = review_ids()
    together(bulk_house, ids)

    assert codes(together(bulk_house, ids)) == ["review_not_open"] * 2
    assert (Decision.objects.count(), LateAnswer.objects.count()) == (2, 0)


def test_each_can_be_undone_by_itself(bulk_house: House) -> None:
    bulk_house.in_review("one", "two")
    results = together(bulk_house, review_ids())
    assert results[0].decided is not None
    assert results[0].decided.decision_id is not None
    undo_decision(actor=bulk_house.actor(bulk_house.reviewer), decision_id=results[0].decided.decision_id)

    assert list(Review.objects.order_by("id").values_list("state", flat=True)) == ["leased", "decided"]
    assert broken() == {}


def test_what_the_person_holds_is_answered_under_its_fence(bulk_house: House) -> None:
    bulk_house.in_review("one")
    (review,) = claim_reviews(actor=bulk_house.actor(bulk_house.reviewer), count=1)

    assert codes(together(bulk_house, [review.id], who="colleague")) == ["review_not_open"]
    assert codes(together(bulk_house, [review.id])) == ["decided"]
    assert Decision.objects.get().fence == review.fence


@pytest.mark.parametrize("kind", ["calibration", "second", "gold", "adjudication"])
@pytest.mark.parametrize("is_held", [False, True])
def test_what_needs_a_judgement_of_its_own_is_never_among_them(bulk_house: House, kind: str, is_held: bool) -> None:
    bulk_house.in_review("one")
    Review.objects.update(kind=kind)
    if is_held:
        claim_reviews(actor=bulk_house.actor(bulk_house.reviewer), count=1)

    assert codes(together(bulk_house, review_ids())) == ["not_in_bulk"]
    assert Decision.objects.count() == 0


def test_that_an_open_review_is_blind_is_told_to_nobody(bulk_house: House) -> None:
    """A review that is put off, one that was given to a colleague, and blind ones are refused in the same words."""
    bulk_house.in_review("one", "two", "three", "four")
    blind, snoozed, given, skipped = review_ids()
    Review.objects.filter(id=blind).update(kind="calibration")
    Review.objects.filter(id=snoozed).update(snoozed_until="2100-01-01T00:00Z")
    Review.objects.filter(id=given).update(assigned_to=bulk_house.colleague.id)
    Review.objects.filter(id=skipped).update(skipped_by=[bulk_house.reviewer.id])
    results = together(bulk_house, [blind, snoozed, given, skipped])

    assert {(one.problem.code, one.problem.detail) for one in results if one.problem} == {
        ("not_in_bulk", results[0].problem.detail if results[0].problem else "")
    }
    assert codes(results) == ["not_in_bulk"] * 4
    assert codes(together(bulk_house, [given], who="colleague")) == ["decided"]


def test_a_queue_has_to_allow_it(house: House) -> None:
    house.in_review("one")

    assert codes(together(house, review_ids())) == ["bulk_not_allowed"]
    assert codes(together(house, review_ids(), who="owner")) == ["no_such_review"]
    assert Review.objects.get().state == "open"


@pytest.mark.parametrize(
    "answer",
    [Answer(action=DecisionAction.CORRECT, label="nonsense"), Answer(action=DecisionAction.CORRECT)],
    ids=["unknown", "none"],
)
def test_the_label_has_to_be_one_of_the_contract(bulk_house: House, answer: Answer) -> None:
    bulk_house.in_review("one")

    assert codes(together(bulk_house, review_ids(), answer=answer)) == ["unknown_label"]
    assert Review.objects.get().state == "open"
    assert broken() == {}


@pytest.mark.parametrize("action", [DecisionAction.ACCEPT, DecisionAction.SKIP, DecisionAction.ESCALATE])
def test_only_a_correction_or_a_rejection_is_given_to_several(bulk_house: House, action: DecisionAction) -> None:
    with pytest.raises(InvalidError):
        together(bulk_house, [uuid7()], answer=Answer(action=action))


@pytest.mark.parametrize("count", [0, 51])
def test_there_is_a_most(bulk_house: House, count: int) -> None:
    with pytest.raises(InvalidError):
        together(bulk_house, [uuid7() for _ in range(count)])


def test_a_machine_has_no_judgement(bulk_house: House) -> None:
    from governance.domain import system_actor

    with pytest.raises(ForbiddenError):
        decide_in_bulk(actor=system_actor(bulk_house.workspace.id), review_ids=[uuid7()], answer=ANSWER)


def test_over_http_each_has_its_result(bulk_house: House, api: Any) -> None:
    bulk_house.in_review("one", "two")
    first, second = review_ids()
    Review.objects.filter(id=second).update(kind="calibration")
    client = api(bulk_house.reviewer)
    body = {"reviews": [str(first), str(second)], "action": "reject", "reason_code": "spam", "note": "All the same."}
    results = client.post("/api/v1/reviews/bulk/", body, format="json").json()["results"]

    assert [one["review"] for one in results] == [str(first), str(second)]
    assert results[0]["problem"] is None
    assert set(results[0]["decision"]) == {"id", "action", "label", "recorded_at", "undo_until"}
    assert (results[1]["decision"], results[1]["problem"]["code"]) == (None, "not_in_bulk")
    bulk_house.enter()
    assert Decision.objects.get().note == "All the same."


@pytest.mark.parametrize(
    "change",
    [
        {"reviews": []},
        {"reviews": ["x"]},
        {"reviews": [str(UUID(int=n)) for n in range(51)]},
        {"reviews": None},
        {"action": "accept"},
        {"label": "other"},
        {"reason_code": ""},
        {"reason_code": None},
        {"note": 5},
        {"fence": 1},
    ],
    ids=["none", "no id", "too many", "null", "accept", "labelled", "no reason", "null reason", "number", "unknown"],
)
def test_over_http_a_wrong_member_is_422(bulk_house: House, api: Any, change: dict[str, Any]) -> None:
    body = {"reviews": [str(uuid7())], "action": "reject", "reason_code": "spam"} | change
    answer = api(bulk_house.reviewer).post("/api/v1/reviews/bulk/", body, format="json")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")

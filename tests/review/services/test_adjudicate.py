"""Disagreements in the calibration sample: another person settles them, before anything counts as an error."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from governance.models import AuditEvent, OutboxMessage
from governance.services.relay import publish_batch
from review.domain.errors import NoSuggestionError
from review.domain.states import DecisionAction
from review.models import Decision, Item, Review
from review.services.claim import claim_reviews
from review.services.decide import Decided
from review.services.sweep import sweep_once
from review.services.undo import undo_decision
from routing.models import Workflow
from tests.conftest import House
from tests.invariants import broken
from tests.review.services.disputes import (
    WINDOW_S,
    adjudication,
    claimed,
    disputed,
    observed,
    outcome_of,
    past_the_window,
    swept,
)
from tests.review.services.test_datasets import freeze, rows_of
from tests.review.services.test_loop import decide


@pytest.mark.services
@pytest.mark.parametrize("confidence", [0.95, 0.5])
def test_a_disagreement_is_given_to_a_second_person_in_the_same_queue(house: House, confidence: float) -> None:
    item_id = disputed(house, confidence)

    first, second = Review.objects.order_by("round")
    assert (second.kind, second.round, second.slot, second.state) == ("adjudication", 2, 1, "open")
    assert (second.queue_id, second.priority) == (first.queue_id, first.priority)
    assert second.rank_at <= second.due_at
    assert observed(item_id) == ("delivery", None, False)
    assert AuditEvent.objects.filter(stream_id=item_id, action="adjudication.opened").count() == 1
    assert Item.objects.get(id=item_id).state == "resolved"
    assert broken() == {}
    assert claim_reviews(actor=house.actor(house.reviewer), count=5) == []
    assert swept(house) == 0


@pytest.mark.parametrize("answer", [{"label": "billing"}, {"label": "other", "undone": True}], ids=["agreed", "undone"])
def test_nobody_else_is_asked_where_there_is_no_disagreement(house: House, answer: dict[str, Any]) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    (item_id,) = house.in_review("pay", confidence=0.95)
    decided = decide(house.actor(house.reviewer), claimed(house, "reviewer"), label=answer["label"])
    if answer.get("undone"):
        assert isinstance(decided, Decided)
        assert decided.decision_id is not None
        undo_decision(actor=house.actor(house.reviewer), decision_id=decided.decision_id)
    past_the_window(item_id)
    swept(house)
    assert not Review.objects.filter(kind="adjudication").exists()
    assert broken() == {}


def test_nobody_else_is_asked_while_the_first_answer_can_be_undone(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    house.in_review("pay", confidence=0.95)
    decide(house.actor(house.reviewer), claimed(house, "reviewer"))
    swept(house)
    assert Review.objects.count() == 1


def test_an_undrawn_disagreement_is_nobodys_to_settle(house: House) -> None:
    (item_id,) = house.in_review("pay")
    decide(house.actor(house.reviewer), claimed(house, "reviewer"))
    past_the_window(item_id)
    swept(house)
    assert Review.objects.count() == 1
    assert observed(item_id) == ("delivery", True, True)


def test_the_adjudicator_sees_two_answers_and_not_whose_they_are(house: House) -> None:
    disputed(house)
    review = claimed(house, "colleague")
    assert review.is_adjudication
    assert review.is_blind
    assert review.prediction is None
    assert sorted(map(str, review.answers)) == ["billing", "delivery"]


def test_answers_come_in_an_order_that_does_not_tell_the_models(house: House) -> None:
    first = []
    for _number in range(16):
        disputed(house)
        first.append(claimed(house, "colleague").answers[0])
    assert set(first) == {"billing", "delivery"}


def test_no_label_is_one_of_the_answers_too(house: House) -> None:
    disputed(house, label=None, action=DecisionAction.REJECT)
    assert set(claimed(house, "colleague").answers) == {"billing", None}


@pytest.mark.parametrize("confidence", [0.95, 0.5])
def test_where_the_model_was_right_the_answer_that_left_is_amended_only_if_it_differs(
    house: House, confidence: float
) -> None:
    item_id = disputed(house, confidence)
    before = outcome_of(item_id)
    decide(house.actor(house.colleague), claimed(house, "colleague"), label="billing")

    assert observed(item_id) == ("billing", False, True)
    outcome = outcome_of(item_id)
    if confidence > 0.9:
        assert outcome == before
        assert OutboxMessage.objects.filter(stream_id=item_id).count() == 1
    else:
        assert (outcome.source, outcome.label, outcome.supersedes) == ("amended", "billing", before.id)
        assert outcome.amended_by == house.actor(house.colleague).pseudonym
    assert Item.objects.get(id=item_id).state == "resolved"
    assert broken() == {}


def test_where_the_model_was_wrong_what_was_delivered_is_amended_after_the_window(house: House) -> None:
    item_id = disputed(house)
    publish_batch(house.workspace.id)
    house.enter()
    decide(house.actor(house.colleague), claimed(house, "colleague"), label="delivery")

    assert observed(item_id) == ("delivery", True, True)
    outcome = outcome_of(item_id)
    assert (outcome.source, outcome.label, outcome.reason_code) == ("amended", "delivery", "adjudicated")
    first, second = OutboxMessage.objects.filter(stream_id=item_id).order_by("due_at")
    assert (first.type, second.type, second.data["label"]) == ("item.resolved", "item.amended", "delivery")
    assert second.due_at > timezone.now() + timedelta(seconds=WINDOW_S - 10)
    assert broken() == {}


def test_a_third_answer_settles_it_as_wrong(house: House) -> None:
    item_id = disputed(house)
    decide(house.actor(house.colleague), claimed(house, "colleague"), label="other", fields={"urgent": True})
    assert observed(item_id) == ("other", True, True)
    assert outcome_of(item_id).fields == {"urgent": True}
    assert broken() == {}


def test_no_label_can_be_the_adjudicated_answer(house: House) -> None:
    item_id = disputed(house)
    decide(house.actor(house.colleague), claimed(house, "colleague"), action=DecisionAction.REJECT, label=None)
    assert observed(item_id) == (None, True, True)
    assert outcome_of(item_id).label is None
    assert broken() == {}


def test_nothing_was_suggested_so_nothing_can_be_accepted(house: House) -> None:
    disputed(house)
    review = claimed(house, "colleague")
    with pytest.raises(NoSuggestionError), transaction.atomic():
        decide(house.actor(house.colleague), review, action=DecisionAction.ACCEPT, label=None)
    decide(house.actor(house.colleague), review)
    assert not Decision.objects.get(review_id=review.id).suggestion_shown


def test_a_dataset_holds_the_last_word_alone(house: House) -> None:
    disputed(house)
    decide(house.actor(house.colleague), claimed(house, "colleague"), label="other")
    rows = rows_of(freeze(house))
    assert [row["label"] for row in rows] == ["other"]


def test_every_workspace_with_a_disagreement_is_swept(house: House) -> None:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    (item_id,) = house.in_review("pay", confidence=0.95)
    decide(house.actor(house.reviewer), claimed(house, "reviewer"))
    past_the_window(item_id)
    sweep_once()
    house.enter()
    assert adjudication().state == "open"

"""Taking items back: in which states, and what becomes of the work on them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from governance.domain import ConflictError, NotFoundError, uuid7
from governance.models import AuditEvent, OutboxMessage
from review.domain.errors import StaleFenceError, UndoWindowClosedError
from review.models import Item, Review
from review.services import withdraw
from review.services.claim import claim_reviews
from review.services.decide import Decided
from review.services.pipeline import process_received
from review.services.undo import undo_decision
from review.services.withdraw import withdraw_item
from routing.models import Workflow
from tests.conftest import House, build_house
from tests.invariants import broken
from tests.review.services.test_loop import decide
from tests.threads import together

pytestmark = pytest.mark.services


def take_back(house: House, item_id: UUID) -> None:
    withdraw_item(actor=house.actor(house.integrator), item_id=item_id)


def received(house: House) -> UUID:
    return house.receive("one")[0]


def predicting(house: House) -> UUID:
    item_id = received(house)
    Item.objects.filter(id=item_id).update(state="predicting", lease_until="2100-01-01T00:00Z", fence=1, attempts=1)
    return item_id


def in_review(house: House) -> UUID:
    return house.in_review("one")[0]


def leased(house: House) -> UUID:
    item_id = in_review(house)
    claim_reviews(actor=house.actor(house.reviewer), count=1)
    return item_id


def held(house: House) -> UUID:
    item_id = in_review(house)
    (review,) = claim_reviews(actor=house.actor(house.reviewer), count=1)
    decide(house.actor(house.reviewer), review)
    return item_id


def held_automatically(house: House) -> UUID:
    Workflow.objects.filter(id=house.workflow.id).update(hold_s=60)
    return house.in_review("one", confidence=0.99)[0]


def held_and_drawn(house: House) -> UUID:
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    return held_automatically(house)


def dead(house: House) -> UUID:
    Workflow.objects.filter(id=house.workflow.id).update(fallback="wait", max_attempts=1)
    return house.in_review("one", label="no_such")[0]


BEFORE: list[tuple[Callable[[House], UUID], str]] = [
    (received, "received"),
    (predicting, "predicting"),
    (in_review, "in_review"),
    (leased, "in_review"),
    (held, "held"),
    (held_automatically, "held"),
    (held_and_drawn, "held"),
    (dead, "dead"),
]


@pytest.mark.parametrize(("bring", "state"), BEFORE, ids=[bring.__name__ for bring, _state in BEFORE])
def test_an_item_that_has_not_left_is_withdrawn_with_everything_about_it(
    house: House, bring: Callable[[House], UUID], state: str
) -> None:
    item_id = bring(house)
    before = Item.objects.get(id=item_id)
    assert before.state == state

    take_back(house, item_id)

    item = Item.objects.get(id=item_id)
    assert (item.state, item.outcome_id, item.lease_until) == ("withdrawn", None, None)
    assert item.fence > before.fence
    assert not OutboxMessage.objects.exists()
    assert not Review.objects.filter(state__in=["open", "leased"]).exists()
    assert AuditEvent.objects.filter(stream_id=item_id).latest("stream_seq").action == "item.withdrawn"
    assert broken() == {}

    take_back(house, item_id)
    assert AuditEvent.objects.filter(stream_id=item_id, action="item.withdrawn").count() == 1
    assert house.route() == 0


def test_what_has_left_is_not_withdrawn(house: House) -> None:
    (item_id,) = house.in_review("one", confidence=0.99)
    with pytest.raises(ConflictError) as refused, transaction.atomic():
        take_back(house, item_id)
    assert refused.value.extra == {"state": "resolved"}
    assert Item.objects.get(id=item_id).state == "resolved"
    assert broken() == {}


def test_what_is_not_there_is_not_found(house: House) -> None:
    with pytest.raises(NotFoundError), transaction.atomic():
        take_back(house, uuid7())


def test_the_answer_to_a_withdrawn_item_is_kept_and_changes_nothing(house: House) -> None:
    item_id = in_review(house)
    reviewer = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=reviewer, count=1)
    take_back(house, item_id)
    assert isinstance(decide(reviewer, review), StaleFenceError)
    assert Item.objects.get(id=item_id).state == "withdrawn"
    assert broken() == {}


@pytest.mark.parametrize("bring", [in_review, held_and_drawn])
def test_the_answer_to_an_item_withdrawn_since_can_not_be_undone(house: House, bring: Callable[[House], UUID]) -> None:
    """There is nothing left to review: undoing it would hand the reviewer work on an item that is gone."""
    item_id = bring(house)
    reviewer = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=reviewer, count=1)
    decided = decide(reviewer, review)
    assert isinstance(decided, Decided)
    assert decided.decision_id is not None
    take_back(house, item_id)
    with pytest.raises(UndoWindowClosedError, match="withdrawn"), transaction.atomic():
        undo_decision(actor=reviewer, decision_id=decided.decision_id)
    assert Review.objects.get().state == "decided"
    assert broken() == {}


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed."""
    with transaction.atomic():
        return build_house()


def test_an_item_that_is_routed_between_the_locks_is_withdrawn_with_its_new_review(
    stored: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reviews are always locked before their item, even one that was not there a moment ago."""
    with transaction.atomic():
        stored.enter()
        (item_id,) = stored.receive("one")
        actor = stored.actor(stored.integrator)
    locked: list[int] = []
    fetch: Callable[..., list[dict[str, Any]]] = withdraw.fetch

    def slow(sql: str, params: Any) -> list[dict[str, Any]]:
        rows = fetch(sql, params)
        if sql == withdraw._LOCK_SQL:
            locked.append(len(rows))
            if len(locked) == 1:
                together([lambda: process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)])
        return rows

    monkeypatch.setattr(withdraw, "fetch", slow)
    with transaction.atomic():
        stored.enter()
        withdraw_item(actor=actor, item_id=item_id)
    assert locked == [0, 1]
    with transaction.atomic():
        stored.enter()
        assert Review.objects.get().state == "cancelled"
        assert broken() == {}

"""An item of the calibration sample on which a reviewer and the model disagree."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.models import OutboxMessage
from review.models import Item, Outcome, Queue, Review
from review.selectors.leased import LeasedReview
from review.services.claim import claim_reviews
from review.services.sweep import sweep_workspace
from routing.models import Observation, Workflow
from tests.conftest import House
from tests.review.services.test_loop import decide

WINDOW_S = 30


def claimed(house: House, who: str) -> LeasedReview:
    (review,) = claim_reviews(actor=house.actor(house.people[who]), count=1)
    return review


def past_the_window(item_id: UUID) -> None:
    """Let so much time pass that nothing of the item can be undone any more; decisions are never changed, but windows are."""
    Item.objects.filter(id=item_id).update(available_at=timezone.now() - timedelta(hours=1))
    OutboxMessage.objects.filter(stream_id=item_id, published_seq=None).update(
        due_at=timezone.now() - timedelta(hours=1)
    )
    Queue.objects.update(undo_window_s=0)


def swept(house: House) -> int:
    moved = sweep_workspace(house.workspace.id)
    house.enter()
    return moved


def disputed(house: House, confidence: float = 0.95, **answer: Any) -> UUID:
    """A drawn item on which the reviewer disagrees with the model, and somebody else is asked."""
    Workflow.objects.filter(id=house.workflow.id).update(draw_rate=1.0)
    (item_id,) = house.in_review("pay", confidence=confidence)
    decide(house.actor(house.reviewer), claimed(house, "reviewer"), **answer)
    past_the_window(item_id)
    assert swept(house) >= 1
    Queue.objects.update(undo_window_s=WINDOW_S)
    return item_id


def observed(item_id: UUID) -> tuple[str | None, bool | None, bool]:
    row = Observation.objects.get(item_id=item_id)
    return row.label, row.wrong, row.closed_at is not None


def outcome_of(item_id: UUID) -> Outcome:
    return Outcome.objects.get(id=Item.objects.get(id=item_id).outcome_id)


def adjudication() -> Review:
    return Review.objects.get(kind="adjudication")

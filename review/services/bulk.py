"""One answer to several reviews: each is still a decision of its own, in a transaction of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, ActorKind, ForbiddenError, InvalidError, ProductError
from governance.selectors.scope import enter_workspace
from governance.statements import fetch_one
from review.domain.errors import (
    NoBulkQueueError,
    NoSuchReviewError,
    NotForBulkError,
    ReviewNotOpenError,
)
from review.domain.states import DecisionAction, ReviewState
from review.selectors.queues import roles_covered
from review.services.decide import Answer, Decided, record_decision
from review.services.lease_given import ALONE, lease_given

MOST_AT_ONCE = 50
_LATER = gettext_noop("It is put off, given to somebody else or one to be answered by itself: take it in its turn.")
TAKEN = frozenset({DecisionAction.CORRECT, DecisionAction.REJECT})

# Waits for whoever is busy with the review, so that what is said of it is so.
_LOOK_SQL = """
SELECT r.state, r.kind, r.holder_id, r.fence, q.name AS queue_name, q.allows_bulk,
       (q.role = ANY(%(roles)s::text[]) OR EXISTS (
            SELECT FROM review_queuemember m WHERE m.queue_id = q.id AND m.user_id = %(person)s::uuid)) AS may_work
  FROM review_review r JOIN review_queue q ON q.id = r.queue_id
 WHERE r.id = %(review)s::uuid
   FOR UPDATE OF r"""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one review: a decision, or why there is none."""

    review_id: UUID
    decided: Decided | None = None
    problem: ProductError | None = None


def decide_in_bulk(*, actor: Actor, review_ids: Sequence[UUID], answer: Answer) -> list[BulkResult]:
    """Answer up to 50 reviews alike, one after the other; what can't be answered stops none of the others.

    Only from queues that allow it, and never a blind review or an adjudication. A review is leased and decided as by
    `claim` and `decide`, and can be undone by itself. Repeated it decides nothing twice: those reviews are not open.
    """
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(detail=_("Only a person may review; an API client has no judgement of its own."))
    if answer.action not in TAKEN or not 1 <= len(review_ids) <= MOST_AT_ONCE:
        raise InvalidError(
            detail=_("From 1 to %(most)d reviews are corrected or rejected together.") % {"most": MOST_AT_ONCE}
        )
    return [_decide(actor, review_id, answer) for review_id in review_ids]


def _decide(actor: Actor, review_id: UUID, answer: Answer) -> BulkResult:
    try:
        with transaction.atomic():
            enter_workspace(actor.workspace_id)
            fence = _fence(actor, review_id)
            decided = record_decision(actor=actor, review_id=review_id, fence=fence, answer=answer)
    except ProductError as refusal:
        return BulkResult(review_id, problem=refusal)
    if isinstance(decided, Decided):
        return BulkResult(review_id, decided=decided)
    return BulkResult(review_id, problem=decided)


def _fence(actor: Actor, review_id: UUID) -> int:
    """Return the fence under which the person holds the review, leased now or before; say why they do not."""
    leased = lease_given(actor=actor, review_ids=[review_id])
    if leased:
        return leased[review_id]
    row = fetch_one(_LOOK_SQL, {"review": review_id, "person": actor.id, "roles": roles_covered(actor)})
    is_mine = row is not None and row["state"] == ReviewState.LEASED and row["holder_id"] == actor.id
    _refuse(row, review_id, is_mine=is_mine)
    if row is not None and is_mine:
        return int(row["fence"])
    # Whoever was busy with it has let it be.
    leased = lease_given(actor=actor, review_ids=[review_id])
    if not leased:
        raise NotForBulkError(detail=_(_LATER), extra={"review": str(review_id)})
    return leased[review_id]


def _refuse(row: dict[str, Any] | None, review_id: UUID, *, is_mine: bool) -> None:
    """Refuse what can't be answered here. That a review is blind is told to nobody: other open ones are refused alike."""
    extra = {"review": str(review_id)}
    if row is None or not (row["may_work"] or is_mine):
        raise NoSuchReviewError(detail=_("There is no such review, or its queue is not yours."), extra=extra)
    if not row["allows_bulk"]:
        detail = _("Reviews of the queue “%(name)s” are answered one by one.") % {"name": row["queue_name"]}
        raise NoBulkQueueError(detail=detail, extra=extra)
    if row["state"] != ReviewState.OPEN and not is_mine:
        is_held = row["state"] == ReviewState.LEASED
        held = _("Somebody else holds it; nothing was changed.")
        gone = _("It has been answered or withdrawn; nothing was changed.")
        raise ReviewNotOpenError(detail=held if is_held else gone, extra=extra)
    if row["kind"] in ALONE:
        raise NotForBulkError(detail=_(_LATER), extra=extra)

"""What a person has typed for a review and not sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.domain import Actor
from governance.selectors.trails import has_event
from governance.statements import fetch
from review.domain import actions

# One column of a statement that reads reviews: {review} and {person} are columns of it.
DRAFT_SQL = """(SELECT json_build_object('body', dr.body, 'saved_at', dr.saved_at) FROM review_draft dr
                 WHERE dr.review_id = {review} AND dr.person_id = {person})"""

_ANSWERED_SQL = """
SELECT id FROM review_decision
 WHERE review_id = %(review)s::uuid AND reviewer_id = %(person)s::uuid AND fence >= %(fence)s::int8 LIMIT 1"""


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """A person's own draft; `label` is none where none was chosen yet."""

    label: str | None
    fields: dict[str, Any]
    note: str
    reason_code: str
    saved_at: datetime


def draft_of(row: dict[str, Any] | None) -> DraftFacts | None:
    """Return the draft of a DRAFT_SQL column, if there is one."""
    if row is None:
        return None
    return DraftFacts(**row["body"], saved_at=datetime.fromisoformat(row["saved_at"]))


def was_handed(actor: Actor, *, review_id: UUID, item_id: UUID) -> bool:
    """Tell whether the review was ever leased to the person: their claim stands in the item's trail."""
    return has_event("item", item_id, action=actions.REVIEW_CLAIMED, actor=actor, data={"review": str(review_id)})


def has_ended_lease(actor: Actor, *, review_id: UUID, item_id: UUID, fence: int) -> bool:
    """Tell whether the person ended the lease of that fence, or a later one, by their own answer, skip or escalation."""
    if fetch(_ANSWERED_SQL, {"review": review_id, "person": actor.id, "fence": fence}):
        return True
    facts = {"fence": fence, "review": str(review_id)}
    ends = (actions.REVIEW_SKIPPED, actions.REVIEW_ESCALATED)
    return any(has_event("item", item_id, action=action, actor=actor, data=facts) for action in ends)

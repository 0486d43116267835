"""Keeping what a person types until they answer. Nobody else sees a draft and nothing follows from it, so no event tells of it."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance import strict_json
from governance.domain import Actor, ActorKind, ForbiddenError, InvalidError, NotFoundError, uuid7
from governance.statements import fetch, fetch_one
from review.domain.errors import StaleFenceError
from review.domain.states import ReviewState
from review.selectors.drafts import has_ended_lease, was_handed
from review.services.answers import check_note

MOST_FIELDS_BYTES = 64 * 1024

# Whoever answers waits here or is waited for; what they wrote is seen by the statements that follow.
_LOCK_SQL = "SELECT item_id, state, holder_id, fence FROM review_review WHERE id = %(review)s::uuid FOR SHARE"

# The clock rather than the transaction's start: of two saves the one that waited is the newer one.
_SAVE_SQL = """
INSERT INTO review_draft AS kept (id, workspace_id, review_id, person_id, body, saved_at)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(review)s::uuid, %(person)s::uuid, %(body)s::jsonb, clock_timestamp())
ON CONFLICT (review_id, person_id) DO UPDATE SET body = excluded.body, saved_at = clock_timestamp()
RETURNING saved_at"""

_DROP_SQL = "DELETE FROM review_draft WHERE review_id = %(review)s::uuid AND person_id = %(person)s::uuid"


@dataclass(frozen=True, slots=True)
class DraftContent:
    """What was typed so far."""

    label: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    reason_code: str = ""


def save_draft(*, actor: Actor, review_id: UUID, fence: int, content: DraftContent) -> datetime | None:
    """Keep what the person has typed and return when; the newest save wins, whichever lease it was typed under.

    None where nothing is kept: the draft is empty, or the person has answered or passed the review on since, and what
    was on its way must not come back.
    """
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(detail=_("Only a person reviews, so only a person has drafts."))
    check_note(content.note)
    if len(strict_json.canonical(content.fields)) > MOST_FIELDS_BYTES:
        raise InvalidError(
            detail=_("The fields of a draft hold at most %(most)d bytes.") % {"most": MOST_FIELDS_BYTES},
            extra={"pointer": "/fields"},
        )
    with transaction.atomic(savepoint=False):
        row = fetch_one(_LOCK_SQL, {"review": review_id})
        if row is None:
            raise NotFoundError(detail=_("There is no such review."), extra={"review": str(review_id)})
        if not _holds(row, actor, fence) and not _may_keep(actor, review_id, row, fence):
            return None
        whose = {"review": review_id, "person": actor.id}
        if content == DraftContent():
            fetch(_DROP_SQL, whose)
            return None
        saved = fetch(
            _SAVE_SQL,
            whose | {"id": uuid7(), "workspace": actor.workspace_id, "body": json.dumps(asdict(content))},
        )
        saved_at: datetime = saved[0]["saved_at"]
        return saved_at


def _holds(row: dict[str, Any], actor: Actor, fence: int) -> bool:
    return bool(row["state"] == ReviewState.LEASED and row["holder_id"] == actor.id and row["fence"] == fence)


def _may_keep(actor: Actor, review_id: UUID, row: dict[str, Any], fence: int) -> bool:
    """Tell whether a draft from an ended lease is still of use; refuse one for a review that the person never had."""
    if row["holder_id"] != actor.id and not was_handed(actor, review_id=review_id, item_id=row["item_id"]):
        raise StaleFenceError(
            detail=_("This review was never leased to you, so no draft of yours is kept for it."),
            extra={"review": str(review_id)},
        )
    return not has_ended_lease(actor, review_id=review_id, item_id=row["item_id"], fence=fence)

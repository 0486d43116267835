"""A lead takes a review back from whoever holds it: it is open for everyone again, under a new fence."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, ConflictError, NotFoundError
from governance.services import audit
from governance.services.rights import require
from governance.statements import fetch
from review.domain import actions

# The holder is named in the trail as everybody is, by pseudonym.
_TAKE_SQL = f"""
WITH held AS MATERIALIZED (
    SELECT r.id, r.item_id, r.fence, m.pseudonym
      FROM review_review r LEFT JOIN governance_membership m ON m.user_id = r.holder_id
     WHERE r.id = %(review)s::uuid AND r.state = 'leased'
       FOR UPDATE OF r
), opened AS (
    UPDATE review_review r SET state = 'open', holder_id = NULL, lease_until = NULL, assigned_to = NULL, fence = r.fence + 1
      FROM held WHERE r.id = held.id AND r.state = 'leased'
    RETURNING r.id
), counted AS (
    UPDATE review_item i SET event_count = i.event_count + 1
      FROM held JOIN opened ON opened.id = held.id WHERE i.id = held.item_id
    RETURNING i.id, i.event_count, held.id AS review_id, held.fence, held.pseudonym
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.REVIEW_TAKEN_BACK}' AS action,
           NULL::timestamptz AS occurred_at,
           convert_to('{{"fence":' || fence || ',"holder":' || coalesce('"' || pseudonym || '"', 'null')
                      || ',"review":"' || review_id || '"}}', 'UTF8') AS body
      FROM counted
), {audit.APPEND_SQL}
SELECT id FROM counted"""  # noqa: S608 - composed of constants


class NotHeldError(ConflictError):
    """Nobody holds the review."""

    code = "not_held"
    title = "Nobody holds this review"


def take_back_review(*, actor: Actor, review_id: UUID) -> None:
    """Open a held review for everyone, even one that was meant for its holder; what they still answer is a second opinion."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.LEAD_QUEUES)
        if fetch(_TAKE_SQL, audit.parameters(actor) | {"review": review_id}):
            return
        extra = {"review": str(review_id)}
        if fetch("SELECT id FROM review_review WHERE id = %(review)s::uuid", {"review": review_id}):
            raise NotHeldError(_("Nobody holds this review any more; there is nothing to take back."), extra=extra)
        raise NotFoundError(_("There is no such review."), extra=extra)

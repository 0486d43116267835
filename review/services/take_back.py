"""A lead takes a review back from whoever holds it: it is open for everyone again, under a new fence."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, Capability, ConflictError, NotFoundError, NoticeKind
from governance.services import audit
from governance.services.notices import tell_people
from governance.services.rights import require
from governance.statements import fetch, fetch_one
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
SELECT i.id, i.external_id, r.holder_id, q.name AS queue_name
  FROM counted JOIN review_review r ON r.id = counted.review_id JOIN review_item i ON i.id = counted.id
  JOIN review_queue q ON q.id = r.queue_id"""  # noqa: S608 - composed of constants


class NotHeldError(ConflictError):
    """Nobody holds the review."""

    code = "not_held"
    title = gettext_noop("Nobody holds this review")


def take_back_review(*, actor: Actor, review_id: UUID) -> None:
    """Open a held review for everyone, even one that was meant for its holder, and tell them.

    What they still answer is a second opinion.
    """
    with transaction.atomic(savepoint=False):
        require(actor, Capability.LEAD_QUEUES)
        taken = fetch_one(_TAKE_SQL, audit.parameters(actor) | {"review": review_id})
        if taken is not None:
            _tell(actor, taken)
            return
        extra = {"review": str(review_id)}
        if fetch("SELECT id FROM review_review WHERE id = %(review)s::uuid", {"review": review_id}):
            raise NotHeldError(_("Nobody holds this review any more; there is nothing to take back."), extra=extra)
        raise NotFoundError(_("There is no such review."), extra=extra)


def _tell(actor: Actor, taken: dict[str, Any]) -> None:
    """Tell whoever held it, unless they took it back themselves. The statement saw the row as it was held."""
    if taken["holder_id"] in (None, actor.id):
        return
    text = _("%(name)s has taken item %(item)s in %(queue)s back from you; what you typed is kept as a draft.")
    tell_people(
        actor=actor,
        people=[taken["holder_id"]],
        kind=NoticeKind.TAKEN_BACK,
        text=text % {"name": actor.name, "item": taken["external_id"], "queue": taken["queue_name"]},
        about=("item", taken["id"]),
    )

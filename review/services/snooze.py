"""Putting a review off: it is nobody's until then, and afterwards everybody's again at its old rank."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.domain import Actor, InvalidError
from governance.selectors.trails import has_event
from governance.services import audit
from governance.statements import fetch, fetch_one
from review.domain import actions
from review.services.answers import check_note
from review.services.reopen import ended_lease

SOONEST = timedelta(minutes=1)
LATEST = timedelta(days=30)

_SNOOZE_SQL = f"""
WITH snoozed AS (
    UPDATE review_review r
       SET state = 'open', holder_id = NULL, lease_until = NULL, fence = r.fence + 1, snoozed_until = %(until)s::timestamptz
     WHERE r.id = %(review)s::uuid AND r.fence = %(fence)s::int8 AND r.holder_id = %(person)s::uuid AND r.state = 'leased'
    RETURNING r.item_id
), counted AS (
    UPDATE review_item i SET event_count = i.event_count + 1 FROM snoozed WHERE i.id = snoozed.item_id
    RETURNING i.id, i.event_count
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.REVIEW_SNOOZED}' AS action,
           NULL::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM counted
), {audit.APPEND_SQL}
SELECT id FROM counted"""  # noqa: S608 - composed of constants


def snooze_review(*, actor: Actor, review_id: UUID, fence: int, until: datetime, note: str = "") -> datetime:
    """Give the lease back under a new fence and let nobody have the review before `until`; return that time.

    From a minute to 30 days ahead. A draft stays for whoever wrote it, due time and rank stay as they are, and the queue
    does not count the review as waiting meanwhile. Repeated with the same fence and time it changes nothing further.
    """
    check_note(note)
    data = {"fence": fence, "review": str(review_id), "until": until.isoformat()}
    with transaction.atomic(savepoint=False):
        is_in_time = SOONEST <= until - timezone.now() <= LATEST
        if is_in_time and _snooze(actor, review_id, fence, until, data | ({"note": note} if note else {})):
            return until
        if _is_repeat(actor, review_id, data):
            return until
        if is_in_time:
            raise ended_lease(review_id, _("The lease had already ended or passed on, so nothing was put off."))
        raise InvalidError(
            detail=_("A review can be put off from one minute to 30 days ahead."), extra={"pointer": "/until"}
        )


def _snooze(actor: Actor, review_id: UUID, fence: int, until: datetime, data: dict[str, object]) -> bool:
    return bool(
        fetch(
            _SNOOZE_SQL,
            audit.parameters(actor)
            | {
                "review": review_id,
                "fence": fence,
                "person": actor.id,
                "until": until,
                "body": audit.body(actions.REVIEW_SNOOZED, data),
            },
        )
    )


def _is_repeat(actor: Actor, review_id: UUID, data: dict[str, object]) -> bool:
    """Tell whether this person put the review off like this already, and the answer did not reach them."""
    row = fetch_one("SELECT item_id FROM review_review WHERE id = %(review)s::uuid", {"review": review_id})
    return row is not None and has_event("item", row["item_id"], action=actions.REVIEW_SNOOZED, actor=actor, data=data)

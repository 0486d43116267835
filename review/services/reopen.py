"""Giving a leased review back to a queue: released, skipped, escalated or expired. Every time the fence grows."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, NotFoundError, ProductError, StaleStateError
from governance.selectors.trails import has_event
from governance.services import audit
from governance.statements import fetch
from review.domain import actions
from review.domain.errors import StaleFenceError
from review.domain.states import DecisionAction
from review.services.lock_order import ITEMS_IN_ORDER_SQL

# Whoever passes a review on is no longer the one that it was given to: else nobody could ever claim it.
_REOPEN_SQL = f"""
WITH target AS (
    SELECT id, key, step_s FROM review_queue WHERE key = %(queue)s::text
), reopened AS (
    UPDATE review_review r
       SET state = 'open', holder_id = NULL, lease_until = NULL, fence = r.fence + 1,
           skipped_by = CASE WHEN %(excludes)s::bool THEN r.skipped_by || %(person)s::uuid ELSE r.skipped_by END,
           assigned_to = CASE WHEN %(excludes)s::bool OR %(queue)s::text IS NOT NULL THEN NULL ELSE r.assigned_to END,
           queue_id = coalesce((SELECT id FROM target), r.queue_id),
           rank_at = coalesce((SELECT r.due_at - make_interval(secs => r.priority * step_s) FROM target), r.rank_at)
     WHERE r.id = %(review)s::uuid AND r.fence = %(fence)s::int8 AND r.holder_id = %(person)s::uuid AND r.state = 'leased'
       AND (%(queue)s::text IS NULL OR EXISTS (SELECT FROM target))
    RETURNING r.id, r.item_id
), undrafted AS (
    DELETE FROM review_draft dr USING reopened
     WHERE dr.review_id = reopened.id AND dr.person_id = %(person)s::uuid AND %(keeps_draft)s::bool IS FALSE
), counted AS (
    UPDATE review_item i SET event_count = i.event_count + 1 FROM reopened WHERE i.id = reopened.item_id
    RETURNING i.id, i.event_count
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, %(audit_action)s::text AS action,
           NULL::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM counted
), {audit.APPEND_SQL}
SELECT id FROM counted"""  # noqa: S608 - composed of constants

_EXPIRE_SQL = f"""
WITH late AS MATERIALIZED (
    SELECT id, item_id FROM review_review WHERE state = 'leased' AND lease_until < now()
     ORDER BY lease_until FOR UPDATE SKIP LOCKED LIMIT %(batch)s::int
), {ITEMS_IN_ORDER_SQL.format(part="late")}, reopened AS (
    UPDATE review_review r
       SET state = 'open', holder_id = NULL, lease_until = NULL, fence = r.fence + 1, attempts = r.attempts + 1
      FROM late WHERE r.id = late.id
    RETURNING r.id, r.item_id, r.fence
), counted AS (
    UPDATE review_item i SET event_count = i.event_count + 1
      FROM (SELECT DISTINCT ON (item_id) item_id, id, fence FROM reopened) one JOIN in_order ON in_order.id = one.item_id
     WHERE i.id = in_order.id
    RETURNING i.id, i.event_count, one.id AS review_id, one.fence
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.REVIEW_EXPIRED}' AS action,
           NULL::timestamptz AS occurred_at,
           convert_to('{{"fence":' || fence - 1 || ',"review":"' || review_id || '"}}', 'UTF8') AS body
      FROM counted
), {audit.APPEND_SQL}
SELECT id FROM counted"""  # noqa: S608 - composed of constants


def release_review(*, actor: Actor, review_id: UUID, fence: int) -> None:
    """Give a lease back; the review is open for everyone again."""
    data = {"fence": fence, "review": str(review_id)}
    with transaction.atomic(savepoint=False):
        if not reopen(actor, review_id, fence, actions.REVIEW_RELEASED, data):
            raise ended_lease(review_id, "The lease had already ended or passed on.")


def ended_lease(review_id: UUID, detail: str) -> ProductError:
    """Return the refusal for a lease that is not the caller's: the review is not there, or has passed on."""
    extra = {"review": str(review_id)}
    if fetch("SELECT id FROM review_review WHERE id = %(review)s::uuid", {"review": review_id}):
        return StaleFenceError(detail=detail, extra=extra)
    return NotFoundError(detail=_("There is no such review."), extra=extra)


def skip_review(*, actor: Actor, row: dict[str, Any], reason_code: str, note: str) -> None:
    """Give the review back to the others: this person does not get it again."""
    data = ended_by(row, reason_code, note)
    if not reopen(actor, row["id"], row["fence"], actions.REVIEW_SKIPPED, data, excludes=True):
        raise StaleStateError(detail=_("The review has moved on in the meantime."))


def expire_leases(*, actor: Actor, batch: int = 500) -> int:
    """Take back the leases whose time has run out; return how many."""
    with transaction.atomic(savepoint=False):
        return len(fetch(_EXPIRE_SQL, audit.parameters(actor) | {"batch": batch}))


def is_repeat(
    row: dict[str, Any], *, actor: Actor, fence: int, action: DecisionAction, facts: Mapping[str, Any] | None = None
) -> bool:
    """Tell whether a skip or an escalation under an old fence is the one by which this person ended that lease.

    The review itself does not say: others may have had it since, and it may be in the escalation queue by another's doing.
    `facts` are what the event must say beside.
    """
    recorded = {DecisionAction.SKIP: actions.REVIEW_SKIPPED, DecisionAction.ESCALATE: actions.REVIEW_ESCALATED}.get(
        action
    )
    if recorded is None:
        return False
    wanted = {"fence": fence, "review": str(row["id"])} | dict(facts or {})
    return has_event("item", row["item_id"], action=recorded, actor=actor, data=wanted)


def ended_by(row: dict[str, Any], reason_code: str, note: str) -> dict[str, Any]:
    """Return what the event says of a lease that its holder ended."""
    data = {"fence": row["fence"], "review": str(row["id"])}
    return data | {name: value for name, value in (("reason_code", reason_code), ("note", note)) if value}


def reopen(
    actor: Actor,
    review_id: UUID,
    fence: int,
    action: str,
    data: dict[str, Any],
    *,
    queue: str | None = None,
    excludes: bool = False,
) -> bool:
    """End the person's lease and open the review again, in its queue or another; tell whether it was theirs to end."""
    return bool(
        fetch(
            _REOPEN_SQL,
            audit.parameters(actor)
            | {
                "review": review_id,
                "fence": fence,
                "person": actor.id,
                "queue": queue,
                "excludes": excludes,
                "audit_action": action,
                # Who only gives a lease back may want to go on later; who skips or escalates is done.
                "keeps_draft": action == actions.REVIEW_RELEASED,
                "body": audit.body(action, data),
            },
        ),
    )

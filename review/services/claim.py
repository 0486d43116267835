"""Handing out work: one statement leases the best-ranked reviews that the person may take."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance import failpoints, metrics
from governance.domain import Actor, ActorKind, ForbiddenError, InvalidError
from governance.services import audit
from governance.statements import fetch
from review.domain import actions
from review.domain.errors import QueueMissingError
from review.selectors.leased import LEASED_COLUMNS_SQL, LeasedReview, leased_reviews
from review.selectors.queues import MY_QUEUES_SQL, may_work, my_queue_parameters
from review.services.lock_order import ITEMS_IN_ORDER_SQL
from review.services.reopen import ended_lease

MOST_AT_ONCE = 10

# Whether the person may be handed a review: `r` are rows of review_review. OFFSET 0 keeps the last question one index look-up.
TAKEABLE_SQL = """NOT r.skipped_by @> ARRAY[%(person)s::uuid]
           AND (r.assigned_to IS NULL OR r.assigned_to = %(person)s::uuid)
           AND (r.snoozed_until IS NULL OR r.snoozed_until <= now())
           AND NOT EXISTS (SELECT FROM review_review o
                            WHERE o.item_id = r.item_id AND o.id <> r.id AND o.holder_id = %(person)s::uuid
                              AND o.state IN ('leased', 'decided') OFFSET 0)"""

# Leases the rows of `picked (id, item_id, lease_s)`, which are locked; `leased` are reviews, `counted` their items. To be formatted.
LEASE_PICKED_SQL = f"""leased AS (
    UPDATE review_review r
       SET state = 'leased', holder_id = %(person)s::uuid, fence = r.fence + 1,
           lease_until = now() + make_interval(secs => picked.lease_s)
      FROM picked WHERE r.id = picked.id
    RETURNING r.*
), {ITEMS_IN_ORDER_SQL.format(part="picked")}, counted AS (
    UPDATE review_item i SET event_count = i.event_count + 1 FROM in_order WHERE i.id = in_order.id
    RETURNING i.*
), events AS (
    SELECT 'item' AS stream_kind, counted.id AS stream_id, counted.event_count AS stream_seq,
           '{actions.REVIEW_CLAIMED}' AS action, %(occurred_at)s::timestamptz AS occurred_at,
           convert_to('{{{{"fence":' || leased.fence || ',"review":"' || leased.id || '"}}}}', 'UTF8') AS body
      FROM leased JOIN counted ON counted.id = leased.item_id
), {audit.APPEND_SQL}"""  # noqa: S608 - composed of constants

# Ranks within each queue by its index, then merges; a person never gets an item they hold or have decided. The limit
# is written out: a parameter would be planned for a tenth of the queue.
_CLAIM_SQL = f"""
WITH mine AS MATERIALIZED ({MY_QUEUES_SQL}),
candidates AS MATERIALIZED (
    SELECT head.id, head.item_id, head.rank_at, mine.lease_s
      FROM mine CROSS JOIN LATERAL (
        SELECT r.id, r.item_id, r.rank_at
          FROM review_review r
         WHERE r.queue_id = mine.id AND r.state = 'open'
           AND {TAKEABLE_SQL}
         ORDER BY r.rank_at, r.id
           FOR UPDATE OF r SKIP LOCKED
         LIMIT {{count}}) head
), picked AS MATERIALIZED (
    SELECT id, item_id, lease_s FROM (
        SELECT *, row_number() OVER (PARTITION BY item_id ORDER BY rank_at, id) AS nth FROM candidates) c
     WHERE nth = 1 ORDER BY rank_at, id LIMIT {{count}}
), {LEASE_PICKED_SQL}
SELECT {LEASED_COLUMNS_SQL}
  FROM leased
  JOIN counted i ON i.id = leased.item_id
  JOIN review_itempayload p ON p.item_id = i.id
  JOIN review_queue q ON q.id = leased.queue_id
 ORDER BY leased.rank_at, leased.id"""  # noqa: S608 - composed of constants

_RENEW_SQL = """
UPDATE review_review r SET lease_until = now() + make_interval(secs => q.lease_s)
  FROM review_queue q
 WHERE q.id = r.queue_id AND r.id = %(review)s::uuid AND r.fence = %(fence)s::int8 AND r.holder_id = %(person)s::uuid
   AND r.state = 'leased'
RETURNING r.lease_until"""


def claim_reviews(
    *,
    actor: Actor,
    count: int,
    queue_key: str | None = None,
    occurred_at: datetime | None = None,
) -> list[LeasedReview]:
    """Lease up to `count` reviews to the person, from one queue or from all of theirs; none is an empty list."""
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(detail=_("Only a person may review; an API client has no judgement of its own."))
    if not 1 <= count <= MOST_AT_ONCE:
        raise InvalidError(detail=f"count must be from 1 to {MOST_AT_ONCE}.")
    with transaction.atomic(savepoint=False):
        rows = fetch(
            _CLAIM_SQL.format(count=count),
            audit.parameters(actor) | my_queue_parameters(actor, queue_key) | {"occurred_at": occurred_at},
        )
        if not rows and queue_key is not None:
            _require_queue(actor, queue_key)
        if rows:
            transaction.on_commit(partial(failpoints.reach, "claim.committed"))
    metrics.REVIEWS_CLAIMED.inc(len(rows))
    return leased_reviews(rows)


def _require_queue(actor: Actor, queue_key: str) -> None:
    if not may_work(actor, queue_key):
        raise QueueMissingError(
            detail=_("There is no queue “%(key)s” that you may work.") % {"key": queue_key}, extra={"queue": queue_key}
        )


def renew_lease(*, actor: Actor, review_id: UUID, fence: int) -> datetime:
    """Lengthen the person's lease and return its new end."""
    rows = fetch(_RENEW_SQL, {"review": review_id, "fence": fence, "person": actor.id})
    if not rows:
        raise ended_lease(review_id, "The lease has ended or passed on; claim again.")
    until: datetime = rows[0]["lease_until"]
    return until

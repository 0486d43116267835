"""Leasing reviews that a person names, by the same rules and under the same kind of fence as a claim."""

from collections.abc import Sequence
from uuid import UUID

from governance.domain import Actor
from governance.services import audit
from governance.statements import fetch
from review.domain.states import BLIND_KINDS, ReviewKind
from review.selectors.queues import MY_QUEUES_SQL, my_queue_parameters
from review.services.claim import LEASE_PICKED_SQL, TAKEABLE_SQL

# What is never answered together with others: a judgement of its own is what these are for.
ALONE = frozenset({*BLIND_KINDS, ReviewKind.ADJUDICATION})
_ALONE = ", ".join(f"'{kind.value}'" for kind in sorted(ALONE))

# Reviews are locked here, in the order of their ids, and their items after them.
_LEASE_SQL = f"""
WITH mine AS MATERIALIZED ({MY_QUEUES_SQL}),
locked AS MATERIALIZED (
    SELECT r.id, r.item_id, mine.lease_s
      FROM review_review r JOIN mine ON mine.id = r.queue_id JOIN review_queue b ON b.id = r.queue_id
     WHERE r.id = ANY(%(reviews)s::uuid[]) AND r.state = 'open' AND r.kind NOT IN ({_ALONE}) AND b.allows_bulk
       AND {TAKEABLE_SQL}
     ORDER BY r.id
       FOR UPDATE OF r SKIP LOCKED
), picked AS MATERIALIZED (
    SELECT DISTINCT ON (item_id) id, item_id, lease_s FROM locked ORDER BY item_id, id
), {LEASE_PICKED_SQL}
SELECT leased.id, leased.fence FROM leased JOIN counted ON counted.id = leased.item_id""".format()  # noqa: S608 - composed of constants


def lease_given(*, actor: Actor, review_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Lease those of the reviews that the person may answer together, in the caller's transaction; return their fences.

    Left out, without a wait: what is not open to them now, or somebody else is about to take, and blind reviews.
    """
    values = my_queue_parameters(actor) | {"reviews": list(review_ids), "occurred_at": None}
    return {row["id"]: row["fence"] for row in fetch(_LEASE_SQL, audit.parameters(actor) | values)}

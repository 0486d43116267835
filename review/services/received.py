"""The rows that workers pull: claimed under a fence for a limited time, and given back when a worker must stop."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from governance.domain import Actor
from governance.selectors.scope import enter_workspace
from governance.statements import fetch
from review.domain.losses import BATCH, LOSSES_ALONE

# Items that were never lost go together; those that were go with their like, and the more often the fewer at once.
CLAIM_SQL = f"""
WITH head AS MATERIALIZED (
    SELECT id, available_at, losses FROM review_item
     WHERE workflow_id = %(workflow)s::uuid AND state = 'received' AND available_at <= now()
     ORDER BY available_at, id
       FOR UPDATE SKIP LOCKED
     LIMIT {BATCH}
), due AS (
    SELECT id FROM (
        SELECT id, losses, first_value(losses) OVER (ORDER BY available_at, id) AS first_losses,
               row_number() OVER (PARTITION BY losses ORDER BY available_at, id) AS nth
          FROM head) ranked
     WHERE losses = first_losses AND nth <= greatest(1, {BATCH} >> (2 * least(losses, {LOSSES_ALONE})))
)
UPDATE review_item i
   SET state = 'predicting', fence = i.fence + 1, attempts = i.attempts + 1, lease_until = now() + make_interval(secs => %(lease)s::float8)
  FROM due JOIN review_itempayload p ON p.item_id = due.id
 WHERE i.id = due.id
RETURNING i.id, i.fence, i.attempts, i.attempts_forgiven, i.contract_id, i.value, i.flags, i.segment, i.priority, p.body, p.predictions,
          CASE WHEN %(demo)s::bool THEN i.occurred_at END AS occurred_at"""  # noqa: S608 - composed of constants

# What a worker that holds items under their fences still has.
STILL_HELD_SQL = """
SELECT i.id, i.attempts, i.losses FROM review_item i JOIN unnest(%(ids)s::uuid[], %(fences)s::int8[]) AS t (id, fence) ON i.id = t.id
 WHERE i.fence = t.fence AND i.state = 'predicting'
 ORDER BY i.id FOR UPDATE OF i"""

# Nothing was recorded under the attempt, so its number is free again.
_HAND_BACK_SQL = f"""
WITH held AS MATERIALIZED ({STILL_HELD_SQL})
UPDATE review_item i
   SET state = 'received', fence = i.fence + 1, attempts = i.attempts - 1, lease_until = NULL, available_at = now()
  FROM held WHERE i.id = held.id
RETURNING i.id"""  # noqa: S608 - composed of constants

Held = Mapping[UUID, Mapping[str, Any]]


def claim_received(*, workflow_id: UUID, is_demo: bool, lease_s: float) -> dict[UUID, dict[str, Any]]:
    """Take the items that are due longest, in the caller's transaction; return them by id, with fence and payload."""
    return {row["id"]: row for row in fetch(CLAIM_SQL, {"workflow": workflow_id, "demo": is_demo, "lease": lease_s})}


def hand_back(*, actor: Actor, rows: Held) -> int:
    """Give back what a stopping worker has not finished, as if it had never been taken; return how many items."""
    with transaction.atomic():
        enter_workspace(actor.workspace_id)
        return len(fetch(_HAND_BACK_SQL, held_parameters(rows)))


def held_parameters(rows: Held) -> dict[str, Any]:
    """Return what STILL_HELD_SQL needs to know of the rows that were claimed."""
    return {"ids": list(rows), "fences": [row["fence"] for row in rows.values()]}

"""What a person must not learn of an item that they may still be asked about without suggestion."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from governance.domain import Actor, ActorKind, Capability
from governance.statements import fetch
from review.domain.states import UNSUGGESTED_KINDS
from review.models import Queue
from review.selectors.queues import roles_covered
from routing.selectors.disputes import IS_DISPUTED_SQL

# An id is made shortly before its row is stored, maybe on another machine.
_ID_MARGIN = timedelta(minutes=5)
_KINDS = ", ".join(f"'{kind.value}'" for kind in sorted(UNSUGGESTED_KINDS))

# True while a blind review of the item is open in a queue that the person may claim from, or was decided there and can
# still be undone, or was decided by another person and will be followed by an adjudication. Paused queues count: they will be
# claimed from again. {item} is a column. Not EXISTS, which the planner would answer for a list by hashing every blind review
# there ever was.
VEILED_SQL = f"""(%(may_claim)s::bool AND (
    SELECT true FROM review_review br
      JOIN review_queue bq ON bq.id = br.queue_id
      LEFT JOIN review_decision bd ON bd.id = br.decision_id
     WHERE br.item_id = {{item}} AND br.kind IN ({_KINDS})
       AND (br.state IN ('open', 'leased')
            OR (br.state = 'decided' AND bd.recorded_at + make_interval(secs => bq.undo_window_s) > statement_timestamp())
            OR (br.state = 'decided' AND br.kind = 'calibration' AND bd.reviewer_id <> %(person)s::uuid
                AND {IS_DISPUTED_SQL.format(item="br.item_id")}))
       AND (bq.role = ANY(%(roles)s::text[]) OR EXISTS (
            SELECT FROM review_queuemember bm WHERE bm.queue_id = bq.id AND bm.user_id = %(person)s::uuid))
     LIMIT 1) IS TRUE)"""  # noqa: S608

# Items of a workflow that are kept from somebody, whoever it is; ids grow with time, so that the decisions that may still be undone
# are the last ones.
_WITHHELD_SQL = f"""
SELECT br.item_id FROM review_review br JOIN review_queue bq ON bq.id = br.queue_id
 WHERE bq.workflow_id = %(workflow)s::uuid AND br.state IN ('open', 'leased') AND br.kind IN ({_KINDS})
UNION
SELECT br.item_id
  FROM review_decision bd JOIN review_review br ON br.id = bd.review_id AND br.decision_id = bd.id
  JOIN review_queue bq ON bq.id = br.queue_id
 WHERE bq.workflow_id = %(workflow)s::uuid AND br.kind IN ({_KINDS}) AND bd.id >= %(first)s::uuid
   AND bd.recorded_at + make_interval(secs => bq.undo_window_s) > statement_timestamp()
UNION
SELECT dis.item_id FROM routing_observation dis
 WHERE dis.workflow_id = %(workflow)s::uuid AND dis.source = 'calibration' AND dis.wrong IS NULL AND dis.closed_at IS NULL
   AND dis.asked_again_at IS NULL"""  # noqa: S608


def withheld_from_somebody(workflow_id: UUID) -> list[UUID]:
    """Return the items of a workflow that VEILED_SQL keeps from anybody who might be asked about them."""
    longest = Queue.objects.filter(workflow_id=workflow_id).aggregate(most=Max("undo_window_s"))["most"] or 0
    since = timezone.now() - timedelta(seconds=longest) - _ID_MARGIN
    first = UUID(int=max(0, int(since.timestamp() * 1000)) << 80)
    return [row["item_id"] for row in fetch(_WITHHELD_SQL, {"workflow": workflow_id, "first": first})]


def veil_parameters(actor: Actor) -> dict[str, Any]:
    """Return what VEILED_SQL needs to know of the caller."""
    may_claim = actor.kind is ActorKind.PERSON and actor.can(Capability.REVIEW)
    return {"may_claim": may_claim, "person": actor.id, "roles": roles_covered(actor)}

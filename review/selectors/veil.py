"""What a person must not learn of an item that they may still be asked about without suggestion."""

from typing import Any

from governance.domain import Actor, ActorKind, Capability
from review.domain.states import UNSUGGESTED_KINDS
from review.selectors.queues import roles_covered
from routing.selectors.disputes import IS_DISPUTED_SQL

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


def veil_parameters(actor: Actor) -> dict[str, Any]:
    """Return what VEILED_SQL needs to know of the caller."""
    may_claim = actor.kind is ActorKind.PERSON and actor.can(Capability.REVIEW)
    return {"may_claim": may_claim, "person": actor.id, "roles": roles_covered(actor)}

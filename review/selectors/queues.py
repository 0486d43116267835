"""Which queues a person may work, and how full they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, ForbiddenError, Role
from governance.statements import fetch

# A queue is open to its members, and to everyone whose role it names (an owner or admin may do what a lead may).
MY_QUEUES_SQL = """
    SELECT q.id, q.lease_s FROM review_queue q
     WHERE NOT q.is_paused AND (%(queue)s::text IS NULL OR q.key = %(queue)s::text)
       AND (q.role = ANY(%(roles)s::text[])
            OR EXISTS (SELECT FROM review_queuemember m WHERE m.queue_id = q.id AND m.user_id = %(person)s::uuid))"""

_ROLES_COVERED: dict[Role, list[str]] = {
    Role.LEAD: [Role.LEAD],
    Role.OWNER: [Role.LEAD, Role.OWNER],
    Role.ADMIN: [Role.LEAD, Role.OWNER],
}

_QUEUES_SQL = """
SELECT q.id, q.key, q.name, q.is_paused, w.id AS workflow_id, w.key AS workflow_key, w.name AS workflow_name,
       c.depth, c.overdue, c.due_soon, c.oldest_at, c.leased,
       coalesce((SELECT json_agg(DISTINCT u.name) FROM review_review r JOIN governance_user u ON u.id = r.holder_id
                  WHERE r.queue_id = q.id AND r.state = 'leased'), '[]'::json) AS reviewers,
       NOT q.is_paused AND (q.role = ANY(%(roles)s::text[]) OR EXISTS (
           SELECT FROM review_queuemember m WHERE m.queue_id = q.id AND m.user_id = %(person)s::uuid)) AS may_work
  FROM review_queue q
  JOIN routing_workflow w ON w.id = q.workflow_id
  LEFT JOIN LATERAL (
        SELECT count(*) AS depth, count(*) FILTER (WHERE due_at < now()) AS overdue,
               count(*) FILTER (WHERE due_at >= now() AND due_at < now() + interval '1 hour') AS due_soon,
               min(occurred_at) AS oldest_at,
               (SELECT count(*) FROM review_review l WHERE l.state = 'leased' AND l.queue_id = q.id) AS leased
          FROM (SELECT due_at, occurred_at FROM review_review r
                 WHERE r.queue_id = q.id AND r.state = 'open' AND (r.snoozed_until IS NULL OR r.snoozed_until <= now())
                 ORDER BY rank_at, id LIMIT 10000) head) c ON true
 ORDER BY q.name, q.id"""


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """A queue and how full it is; depths are counted up to 10,000.

    What is put off counts neither as waiting nor as overdue until its time has come.
    """

    id: UUID
    key: str
    name: str
    is_paused: bool
    workflow_id: UUID
    workflow_key: str
    workflow_name: str
    depth: int
    overdue: int
    due_soon: int
    oldest_at: datetime | None
    leased: int
    reviewers: list[str]
    may_work: bool


def my_queue_parameters(actor: Actor, queue_key: str | None = None) -> dict[str, Any]:
    """Return what MY_QUEUES_SQL needs to know of a person who may review."""
    if not actor.can(Capability.REVIEW):
        raise ForbiddenError(detail=_("Your role does not review."))
    return {"person": actor.id, "roles": roles_covered(actor), "queue": queue_key}


def may_work(actor: Actor, queue_key: str) -> bool:
    """Tell whether a person who may review may work this queue, paused or not; one statement."""
    return bool(fetch(MY_QUEUES_SQL.replace("NOT q.is_paused", "true"), my_queue_parameters(actor, queue_key)))


def queues_for(actor: Actor) -> list[QueueFacts]:
    """Return the workspace's queues with their counts; a reviewer sees those they may work, a lead sees all."""
    rows = fetch(_QUEUES_SQL, {"person": actor.id, "roles": roles_covered(actor)})
    facts = [QueueFacts(**row) for row in rows]
    if actor.can(Capability.SEE_WORKFLOWS):
        return facts
    return [queue for queue in facts if queue.may_work]


def roles_covered(actor: Actor) -> list[str]:
    """Return the queue roles that the actor's role may work."""
    return _ROLES_COVERED.get(actor.role, []) if actor.role else []

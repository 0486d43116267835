"""The audit trail of one thing, in its order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.actions import action_named
from governance.domain import Actor
from governance.statements import fetch

MOST_EVENTS = 1000

_TRAIL_SQL = """
SELECT e.stream_seq AS seq, e.action, e.recorded_at, e.occurred_at, e.actor_kind, e.actor_pseudonym, e.correlation_id, p.body
  FROM governance_auditevent e
  LEFT JOIN governance_auditpayload p ON p.event_id = e.id
 WHERE e.stream_id = %(id)s::uuid AND e.stream_kind = %(kind)s::text AND e.stream_seq > %(after)s::int8
 ORDER BY e.stream_seq
 LIMIT %(most)s::int"""

_HAS_SQL = """
SELECT EXISTS (
    SELECT FROM governance_auditevent e JOIN governance_auditpayload p ON p.event_id = e.id
     WHERE e.stream_id = %(id)s::uuid AND e.stream_kind = %(kind)s::text AND e.action = %(action)s::text
       AND e.actor_pseudonym = %(actor)s::uuid AND convert_from(p.body, 'UTF8')::jsonb @> %(data)s::jsonb) AS found"""

# When one of these things last happened to an item, as a scalar subquery; {item} is a column, {actions} quoted names.
LAST_AT_SQL = (
    "(SELECT max(e.recorded_at) FROM governance_auditevent e"
    " WHERE e.stream_id = {item} AND e.stream_kind = 'item' AND e.action IN ({actions}))"
)


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One event; `data` is none once its payload has been erased."""

    seq: int
    action: str
    title: str
    recorded_at: datetime
    occurred_at: datetime
    actor_kind: str
    actor_pseudonym: UUID
    correlation_id: UUID | None
    data: dict[str, Any] | None


def stream_events(kind: str, stream_id: UUID, *, after: int = 0) -> list[TrailEvent]:
    """Return up to 1,000 events of one thing behind a sequence number, oldest first."""
    rows = fetch(_TRAIL_SQL, {"kind": kind, "id": stream_id, "after": after, "most": MOST_EVENTS})
    return [_event(row) for row in rows]


def has_event(kind: str, stream_id: UUID, *, action: str, actor: Actor, data: Mapping[str, Any]) -> bool:
    """Tell whether the actor did this to the thing, with these facts among the event's."""
    values = {"kind": kind, "id": stream_id, "action": action, "actor": actor.pseudonym, "data": json.dumps(data)}
    return bool(fetch(_HAS_SQL, values)[0]["found"])


def _event(row: dict[str, Any]) -> TrailEvent:
    body = row.pop("body")
    title = action_named(row["action"]).title
    return TrailEvent(**row, title=title, data=None if body is None else json.loads(bytes(body)))

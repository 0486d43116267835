"""Writing the audit trail. Every writing service calls this in its own transaction.

A stream is one thing's events, numbered without gaps by a counter on a row that the writer has locked: an
item counts on its own row, everything else in AuditStream. Hot statements put APPEND_SQL into their WITH list
behind a part named `events (stream_kind, stream_id, stream_seq, action, occurred_at, body)`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from governance import strict_json
from governance.actions import action_named
from governance.domain import Actor
from governance.statements import fetch

APPEND_SQL = """
numbered AS MATERIALIZED (
    SELECT nextval('governance_auditevent_id_seq') AS event_id, uuid_send(gen_random_uuid()) AS salt, events.*
      FROM events
), audited AS (
    INSERT INTO governance_auditevent (id, workspace_id, stream_kind, stream_id, stream_seq, occurred_at, actor_kind,
                                       actor_pseudonym, action, correlation_id, commitment)
    SELECT event_id, %(audit_workspace)s::uuid, stream_kind, stream_id, stream_seq, coalesce(occurred_at, now()),
           %(actor_kind)s::text, %(actor_pseudonym)s::uuid, action, %(correlation_id)s::uuid, sha256(salt || body)
      FROM numbered
), audited_payload AS (
    INSERT INTO governance_auditpayload (event_id, workspace_id, salt, body)
    SELECT event_id, %(audit_workspace)s::uuid, salt, body FROM numbered
)"""

_RECORD_SQL = f"""
WITH counted AS (
    INSERT INTO governance_auditstream AS stream (workspace_id, kind, stream_id, last_seq)
    VALUES (%(audit_workspace)s::uuid, %(kind)s::text, %(stream_id)s::uuid, 1)
    ON CONFLICT (workspace_id, kind, stream_id) DO UPDATE SET last_seq = stream.last_seq + 1
    RETURNING last_seq
), events AS (
    SELECT %(kind)s::text AS stream_kind, %(stream_id)s::uuid AS stream_id, last_seq AS stream_seq,
           %(action)s::text AS action, %(occurred_at)s::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM counted
), {APPEND_SQL}
SELECT event_id FROM numbered"""  # noqa: S608 - composed of constants


def record(
    *,
    actor: Actor,
    action: str,
    stream: tuple[str, UUID],
    data: Mapping[str, Any],
    occurred_at: datetime | None = None,
) -> None:
    """Append one event to a thing's stream, in the caller's transaction."""
    kind, stream_id = stream
    fetch(
        _RECORD_SQL,
        parameters(actor)
        | {
            "kind": kind,
            "stream_id": stream_id,
            "action": action,
            "occurred_at": occurred_at,
            "body": body(action, data),
        },
    )


def parameters(actor: Actor) -> dict[str, Any]:
    """Return the values that APPEND_SQL takes from its statement."""
    return {
        "audit_workspace": actor.workspace_id,
        "actor_kind": actor.kind.value,
        "actor_pseudonym": actor.pseudonym,
        "correlation_id": structlog.contextvars.get_contextvars().get("correlation_id"),
    }


def body(action: str, data: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of an event's payload; refuse unknown actions and undeclared keys."""
    undeclared = data.keys() - action_named(action).keys
    if undeclared:
        message = f"{action} does not declare the keys {sorted(undeclared)}"
        raise ValueError(message)
    return strict_json.canonical(data)

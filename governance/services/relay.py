"""The relay: what is due to leave gets its number and its bytes, and a delivery for every endpoint that wants it.

Numbers are given under the lock of the workspace's feed row, one transaction after the other, so that whoever has read up to a
number has seen everything below it. Within a thing's stream an event is never numbered before one that was due earlier.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from governance import failpoints, metrics, stopping
from governance.domain import uuid7
from governance.models import WebhookEndpoint
from governance.selectors.scope import enter_workspace
from governance.statements import fetch

log = structlog.get_logger(__name__)

BATCH = 500
# After so many batches it is the next workspace's turn.
_BATCHES_A_TURN = 10

_LOCK_SQL = """
INSERT INTO governance_eventfeed AS feed (workspace_id, last_seq, forgotten_seq) VALUES (%(workspace)s::uuid, 0, 0)
ON CONFLICT (workspace_id) DO UPDATE SET last_seq = feed.last_seq
RETURNING last_seq"""

# What is being taken back at this moment is skipped, and so is whatever comes behind it in its stream; both are looked at again
# in the next round. Earlier events of a stream are earlier in the batch, too: it is the head of all that is due.
_PUBLISHED_SQL = f"""
WITH head AS MATERIALIZED (
    SELECT id, stream_id, due_at FROM governance_outboxmessage
     WHERE published_seq IS NULL AND due_at <= now()
     ORDER BY due_at, id
     LIMIT {BATCH}
), locked AS MATERIALIZED (
    SELECT id FROM governance_outboxmessage
     WHERE id = ANY(ARRAY(SELECT id FROM head)) AND published_seq IS NULL FOR UPDATE SKIP LOCKED
), missing AS MATERIALIZED (
    SELECT stream_id, min(due_at) AS due_at FROM head WHERE id NOT IN (SELECT id FROM locked) GROUP BY stream_id
), numbered AS MATERIALIZED (
    SELECT head.id, %(last)s::int8 + row_number() OVER (ORDER BY head.due_at, head.id) AS seq
      FROM head LEFT JOIN missing ON missing.stream_id = head.stream_id
     WHERE (head.id IN (SELECT id FROM locked)) IS TRUE AND (missing.due_at IS NULL OR head.due_at < missing.due_at)
), published AS (
    UPDATE governance_outboxmessage m
       SET published_seq = numbered.seq, published_at = now(),
           body = convert_to(jsonb_build_object(
               'specversion', '1.0', 'id', m.id, 'type', m.type, 'subject', m.stream_id, 'datacontenttype', 'application/json',
               'source', %(site)s::text || '/w/' || (SELECT slug FROM governance_workspace WHERE id = %(workspace)s::uuid),
               'time', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'data', m.data)::text, 'UTF8')
      FROM numbered WHERE m.id = numbered.id
    RETURNING m.id, m.type, m.stream_id, m.endpoint_id, m.published_seq, m.data ->> 'workflow' AS workflow
), counted AS (
    UPDATE governance_eventfeed SET last_seq = %(last)s::int8 + (SELECT count(*) FROM published)
     WHERE workspace_id = %(workspace)s::uuid
)"""  # noqa: S608 - composed of constants
_PUBLISH_SQL = f"{_PUBLISHED_SQL} SELECT * FROM published ORDER BY published_seq"  # noqa: S608 - composed of constants
# Where no endpoint takes events nobody has to look at them.
_ONLY_PUBLISH_SQL = f"{_PUBLISHED_SQL} SELECT count(*) AS events FROM published"  # noqa: S608 - composed of constants

ADDRESS_SQL = """
INSERT INTO governance_delivery (id, workspace_id, endpoint_id, message_id, stream_id, published_seq, state, attempts, replays,
                                 fence, last_error)
SELECT t.id, %(workspace)s::uuid, t.endpoint_id, t.message_id, t.stream_id, t.seq, 'pending', 0, 0, 0, ''
  FROM unnest(%(ids)s::uuid[], %(endpoints)s::uuid[], %(messages)s::uuid[], %(streams)s::uuid[], %(seqs)s::int8[])
       AS t (id, endpoint_id, message_id, stream_id, seq)
ON CONFLICT (endpoint_id, message_id) DO NOTHING
RETURNING id"""


def publish_due() -> int:
    """Publish everything that is due, workspaces taking turns; return how many events it was.

    What fails in one workspace is logged and stops no other; a lost connection is the caller's to mend.
    """
    with transaction.atomic():
        waiting: list[UUID] = [row["id"] for row in fetch("SELECT aios_workspaces_to_publish() AS id", {})]
    total = 0
    while waiting and not stopping.is_requested():
        left = []
        for workspace_id in waiting:
            published = _take_turn(workspace_id)
            total += published
            if published == BATCH * _BATCHES_A_TURN:
                left.append(workspace_id)
        waiting = left
    return total


def _take_turn(workspace_id: UUID) -> int:
    total = 0
    try:
        for _batch in range(_BATCHES_A_TURN):
            published = publish_batch(workspace_id)
            total += published
            if published < BATCH or stopping.is_requested():
                break
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("publishing_failed", workspace=str(workspace_id))
    return total


def publish_batch(workspace_id: UUID) -> int:
    """Publish up to one batch of a workspace's due events, each with its deliveries, in one transaction."""
    with transaction.atomic():
        enter_workspace(workspace_id)
        (feed,) = fetch(_LOCK_SQL, {"workspace": workspace_id})
        values = {"workspace": workspace_id, "last": feed["last_seq"], "site": settings.PUBLIC_URL}
        endpoints = list(WebhookEndpoint.objects.filter(is_enabled=True))
        if endpoints:
            published = fetch(_PUBLISH_SQL, values)
            address(workspace_id, published, endpoints)
            events = len(published)
        else:
            events = fetch(_ONLY_PUBLISH_SQL, values)[0]["events"]
    if events:
        metrics.EVENTS_PUBLISHED.inc(events)
        failpoints.reach("relay.published")
    return int(events)


def address(workspace_id: UUID, messages: Sequence[dict[str, Any]], endpoints: Sequence[WebhookEndpoint]) -> int:
    """Write a delivery for every pair of message and endpoint that belong together; return how many are new."""
    pairs = [(message, endpoint) for message in messages for endpoint in endpoints if is_wanted(message, endpoint)]
    if not pairs:
        return 0
    return len(
        fetch(
            ADDRESS_SQL,
            {
                "workspace": workspace_id,
                "ids": [uuid7() for _pair in pairs],
                "endpoints": [endpoint.id for _message, endpoint in pairs],
                "messages": [message["id"] for message, _endpoint in pairs],
                "streams": [message["stream_id"] for message, _endpoint in pairs],
                "seqs": [message["published_seq"] for message, _endpoint in pairs],
            },
        ),
    )


def is_wanted(message: dict[str, Any], endpoint: WebhookEndpoint) -> bool:
    """Tell whether a message is for the endpoint: a ping for its own alone, the rest by the endpoint's filters."""
    if message["endpoint_id"] is not None:
        return bool(message["endpoint_id"] == endpoint.id)
    if endpoint.event_types and message["type"] not in endpoint.event_types:
        return False
    return not endpoint.workflows or message["workflow"] in endpoint.workflows

"""Deliveries as rows: taking what is due under a lease, writing down what became of it, taking back what got lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.domain import uuid7
from governance.retries import MOST_ATTEMPTS, SCHEDULE_S
from governance.selectors.private_hosts import private_hosts
from governance.statements import fetch

# Long enough for a turn to come and a request to end, short enough that a crash is made good within a minute.
LEASE_S = 30
# How many deliveries for each request at once an endpoint is given, so that it need not wait for the next round.
_STOCK = 16
EXCERPT_LENGTH = 1000
_ERROR_LENGTH = 300

# An endpoint in good health is given a stock; a failing one is asked with one delivery at a time until it takes one. Of one
# thing's events the first that is not settled goes, and the others wait for it. OFFSET 0 and arrays keep every question one look-up
# by index: planned for the tenth of a long queue, which a limit by parameter is taken for, they would read all of it.
_CLAIM_SQL = f"""
WITH sending AS MATERIALIZED (
    SELECT endpoint_id, count(*) AS held FROM governance_delivery WHERE state = 'sending' GROUP BY endpoint_id
), room AS MATERIALIZED (
    SELECT e.id, e.url, e.concurrency,
           CASE WHEN e.failing_since IS NULL THEN e.concurrency * {_STOCK} ELSE 1 END - coalesce(sending.held, 0) AS places
      FROM governance_webhookendpoint e LEFT JOIN sending ON sending.endpoint_id = e.id
     WHERE e.is_enabled AND (e.paused_until IS NULL OR e.paused_until <= now())
), due AS MATERIALIZED (
    SELECT chosen.id
      FROM room
     CROSS JOIN LATERAL (
        SELECT d.id FROM governance_delivery d
         WHERE d.endpoint_id = room.id AND d.state = 'pending' AND d.next_attempt_at <= now()
           AND NOT EXISTS (
               SELECT FROM governance_delivery p
                WHERE p.endpoint_id = d.endpoint_id AND p.stream_id = d.stream_id AND p.published_seq < d.published_seq
                  AND p.state IN ('pending', 'sending') OFFSET 0)
         ORDER BY d.next_attempt_at, d.published_seq
         LIMIT greatest(room.places, 0)
           FOR UPDATE SKIP LOCKED) chosen
), taken AS (
    UPDATE governance_delivery d
       SET state = 'sending', fence = d.fence + 1, lease_until = now() + make_interval(secs => {LEASE_S})
     WHERE d.id = ANY(ARRAY(SELECT id FROM due))
    RETURNING d.id, d.fence, d.attempts, d.endpoint_id, d.message_id, d.published_seq
), keys AS MATERIALIZED (
    SELECT s.endpoint_id, array_agg(s.sealed ORDER BY s.created_at DESC, s.id) AS sealed
      FROM governance_webhooksecret s
     WHERE s.endpoint_id IN (SELECT endpoint_id FROM taken) AND (s.retires_at IS NULL OR s.retires_at > now())
     GROUP BY s.endpoint_id
)
SELECT taken.*, room.url, room.concurrency, keys.sealed, m.body, m.type, m.stream_kind, m.stream_id
  FROM taken
  JOIN room ON room.id = taken.endpoint_id
 CROSS JOIN LATERAL (SELECT * FROM governance_outboxmessage WHERE id = taken.message_id OFFSET 0) m
  LEFT JOIN keys ON keys.endpoint_id = taken.endpoint_id
 ORDER BY taken.published_seq"""  # noqa: S608 - composed of constants

# The attempt was made whether or not the delivery is still ours: it is written down either way.
_SETTLE_SQL = """
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(fences)s::int8[], %(states)s::text[], %(delays)s::float8[], %(errors)s::text[], %(attempts)s::uuid[],
        %(numbers)s::int2[], %(started)s::timestamptz[], %(took)s::int[], %(statuses)s::int2[], %(excerpts)s::text[])
        AS t (id, fence, state, delay_s, error, attempt_id, number, started_at, took_ms, status, excerpt)
), tries AS (
    INSERT INTO governance_deliveryattempt (id, workspace_id, delivery_id, number, started_at, took_ms, status, error,
                                            response_excerpt)
    SELECT attempt_id, %(workspace)s::uuid, d.id, number, started_at, took_ms, status, error, excerpt
      FROM input JOIN governance_delivery d ON d.id = input.id
)
UPDATE governance_delivery d
   SET state = input.state, attempts = input.number, lease_until = NULL, last_error = input.error,
       next_attempt_at = now() + make_interval(secs => input.delay_s),
       finished_at = CASE WHEN input.state = 'pending' THEN NULL ELSE now() END
  FROM input WHERE d.id = input.id AND d.fence = input.fence AND d.state = 'sending'
RETURNING d.id"""

_HAND_BACK_SQL = """
UPDATE governance_delivery d
   SET state = 'pending', fence = d.fence + 1, lease_until = NULL
  FROM unnest(%(ids)s::uuid[], %(fences)s::int8[]) AS t (id, fence)
 WHERE d.id = t.id AND d.fence = t.fence AND d.state = 'sending'"""

# Whoever held these has gone, perhaps after sending: the attempt counts.
_FREE_SQL = f"""
WITH lost AS MATERIALIZED (
    SELECT id FROM governance_delivery WHERE state = 'sending' AND lease_until < now()
     ORDER BY lease_until FOR UPDATE SKIP LOCKED LIMIT 500
)
UPDATE governance_delivery d
   SET state = CASE WHEN d.attempts + 1 >= {MOST_ATTEMPTS} THEN 'failed' ELSE 'pending' END, fence = d.fence + 1,
       lease_until = NULL, attempts = d.attempts + 1, last_error = 'the process that sent it stopped',
       next_attempt_at = now() + make_interval(secs => {SCHEDULE_S[0]}),
       finished_at = CASE WHEN d.attempts + 1 >= {MOST_ATTEMPTS} THEN now() END
  FROM lost WHERE d.id = lost.id
RETURNING d.id"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that is ours to send, with everything that sending takes."""

    workspace_id: UUID
    id: UUID
    fence: int
    attempt: int
    endpoint_id: UUID
    url: str
    concurrency: int
    message_id: UUID
    type: str
    stream: tuple[str, UUID]
    body: bytes
    sealed: tuple[bytes, ...]
    private_hosts: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an attempt: `delay_s` counts where `state` is pending."""

    parcel: Parcel
    state: str
    delay_s: float
    started_at: datetime
    took_ms: int
    status: int | None
    error: str
    excerpt: str


def claim_parcels(workspace_id: UUID) -> list[Parcel]:
    """Lease what is due in the entered workspace, as much as each endpoint has room for."""
    rows = fetch(_CLAIM_SQL, {})
    if not rows:
        return []
    allowed = private_hosts()
    return [
        Parcel(
            workspace_id=workspace_id,
            id=row["id"],
            fence=row["fence"],
            attempt=row["attempts"] + 1,
            endpoint_id=row["endpoint_id"],
            url=row["url"],
            concurrency=row["concurrency"],
            message_id=row["message_id"],
            type=row["type"],
            stream=(row["stream_kind"], row["stream_id"]),
            body=bytes(row["body"]),
            sealed=tuple(bytes(one) for one in row["sealed"] or ()),
            private_hosts=allowed,
        )
        for row in rows
    ]


def settle(workspace_id: UUID, receipts: Sequence[Receipt]) -> set[UUID]:
    """Write attempts down and move the deliveries that are still ours; return which these were."""
    columns: dict[str, list[Any]] = {
        "ids": [receipt.parcel.id for receipt in receipts],
        "fences": [receipt.parcel.fence for receipt in receipts],
        "states": [receipt.state for receipt in receipts],
        "delays": [receipt.delay_s for receipt in receipts],
        "errors": [_storable(receipt.error, _ERROR_LENGTH) for receipt in receipts],
        "attempts": [uuid7() for _receipt in receipts],
        "numbers": [receipt.parcel.attempt for receipt in receipts],
        "started": [receipt.started_at for receipt in receipts],
        "took": [receipt.took_ms for receipt in receipts],
        "statuses": [receipt.status for receipt in receipts],
        "excerpts": [_storable(receipt.excerpt, EXCERPT_LENGTH) for receipt in receipts],
    }
    return {row["id"] for row in fetch(_SETTLE_SQL, columns | {"workspace": workspace_id})}


def hand_back(parcels: Sequence[Parcel]) -> None:
    """Give up the lease of what was not sent; it is due again at once, and no attempt counts."""
    fetch(_HAND_BACK_SQL, {"ids": [parcel.id for parcel in parcels], "fences": [parcel.fence for parcel in parcels]})


def free_lost() -> int:
    """Take back what somebody leased and never settled; return how many."""
    return len(fetch(_FREE_SQL, {}))


def _storable(text: str, length: int) -> str:
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()[:length]

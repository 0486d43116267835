"""The delivery log as the caller may read it: rows of an item whose blind review keeps it back from them are left out.

Reads the tables of delivery here rather than in governance, because only here is it known what a blind review hides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import Actor, NotFoundError
from governance.models.delivery import DeliveryState
from governance.statements import fetch, fetch_one
from review.selectors.veil import VEILED_SQL, veil_parameters

PAGE = 50
STATES = tuple(state.value for state in DeliveryState)

_COLUMNS_SQL = """
SELECT d.id, d.message_id, d.endpoint_id, e.name AS endpoint_name, e.url AS endpoint_url, e.is_enabled,
       greatest(d.next_attempt_at, e.paused_until) AS next_attempt_at,
       greatest(d.next_attempt_at, e.paused_until) <= statement_timestamp() AS is_due,
       d.state = 'pending' AND EXISTS (
           SELECT FROM governance_delivery p
            WHERE p.endpoint_id = d.endpoint_id AND p.stream_id = d.stream_id AND p.published_seq < d.published_seq
              AND p.state IN ('pending', 'sending')) AS is_behind,
       m.type, m.published_seq, i.id AS item_id, i.external_id,
       d.state, d.attempts, d.replays, d.last_error, d.created_at, d.finished_at,
       last.status AS last_status, last.started_at AS last_attempt_at
  FROM governance_delivery d
  JOIN governance_outboxmessage m ON m.id = d.message_id
  JOIN governance_webhookendpoint e ON e.id = d.endpoint_id
  LEFT JOIN review_item i ON i.id = d.stream_id
  LEFT JOIN LATERAL (
       SELECT a.status, a.started_at FROM governance_deliveryattempt a
        WHERE a.delivery_id = d.id ORDER BY a.started_at DESC, a.id DESC LIMIT 1) last ON true"""

# The page is chosen first and decked out afterwards: joining everything to sort it would grow with the log.
_FIND_SQL = f"""
WITH chosen AS MATERIALIZED (
    SELECT c.id FROM governance_delivery c
     WHERE (%(before)s::uuid IS NULL OR c.id < %(before)s::uuid)
       AND (%(endpoint)s::uuid IS NULL OR c.endpoint_id = %(endpoint)s::uuid)
       AND (%(state)s::text IS NULL OR c.state = %(state)s::text)
       AND (%(since)s::timestamptz IS NULL OR c.created_at >= %(since)s::timestamptz)
       AND (%(external_id)s::text IS NULL OR c.message_id IN (
            SELECT om.id FROM governance_outboxmessage om JOIN review_item oi ON oi.id = om.stream_id
             WHERE oi.external_id = %(external_id)s::text))
       AND NOT {VEILED_SQL.format(item="c.stream_id")}
     ORDER BY c.id DESC
     LIMIT {PAGE + 1}
)
{_COLUMNS_SQL}
 WHERE d.id IN (SELECT id FROM chosen)
 ORDER BY d.id DESC"""  # noqa: S608 - composed of constants

_ONE_SQL = f"""{_COLUMNS_SQL}
 WHERE d.id = %(delivery)s::uuid AND NOT {VEILED_SQL.format(item="d.stream_id")}"""

_ATTEMPTS_SQL = """
SELECT number, started_at, took_ms, status, error, response_excerpt
  FROM governance_deliveryattempt
 WHERE delivery_id = %(delivery)s::uuid
 ORDER BY started_at, id"""

# An endpoint that fails has tried deliveries waiting, unless it has given all of them up.
_REASONS_SQL = """
SELECT e.id AS endpoint_id, coalesce(
           (SELECT d.last_error FROM governance_delivery d
             WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.last_error <> ''
             ORDER BY d.next_attempt_at DESC LIMIT 1), '') AS reason
  FROM unnest(%(endpoints)s::uuid[]) AS e (id)"""

_MESSAGES_SQL = """
SELECT m.id, m.type, m.due_at, m.published_at, m.recorded_at, m.data->>'outcome' AS outcome
  FROM governance_outboxmessage m
 WHERE m.stream_id = %(item)s::uuid AND m.stream_kind = 'item'
 ORDER BY m.recorded_at, m.id"""

_DELIVERIES_SQL = f"""{_COLUMNS_SQL}
 WHERE d.message_id = ANY(%(messages)s::uuid[])
 ORDER BY e.name, d.id"""


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """An event on its way to an endpoint; the item is none for a test ping, `last_status` where no answer came.

    `is_behind`: an earlier event of the same item has to be settled first.
    """

    id: UUID
    message_id: UUID
    endpoint_id: UUID
    endpoint_name: str
    endpoint_url: str
    is_enabled: bool
    next_attempt_at: datetime
    is_due: bool
    is_behind: bool
    type: str
    published_seq: int | None
    item_id: UUID | None
    external_id: str | None
    state: str
    attempts: int
    replays: int
    last_error: str
    created_at: datetime
    finished_at: datetime | None
    last_status: int | None
    last_attempt_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        """Whether there is a next attempt to name: not while the endpoint is off."""
        return self.state == DeliveryState.PENDING and self.is_enabled

    @property
    def can_be_replayed(self) -> bool:
        """Whether it can be sent now: it was delivered or given up, or waits for a further attempt."""
        is_tried = self.state == DeliveryState.PENDING and self.attempts > 0
        return is_tried or self.state in {DeliveryState.DELIVERED, DeliveryState.FAILED}


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """One request and what came back."""

    number: int
    started_at: datetime
    took_ms: int
    status: int | None
    error: str
    response_excerpt: str


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What is looked for; none means that it does not matter."""

    endpoint: UUID | None = None
    state: str | None = None
    since: datetime | None = None
    external_id: str | None = None
    before: UUID | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of the log, newest first, and the id that the next page begins before."""

    deliveries: list[LoggedDelivery]
    next_before: UUID | None


def find_logged(actor: Actor, query: LogQuery) -> LogPage:
    """Return a page of the deliveries that the caller may know of; one statement."""
    rows = fetch(
        _FIND_SQL,
        veil_parameters(actor)
        | {
            "before": query.before,
            "endpoint": query.endpoint,
            "state": query.state or None,
            "since": query.since,
            "external_id": query.external_id or None,
        },
    )
    found = [LoggedDelivery(**row) for row in rows[:PAGE]]
    return LogPage(found, next_before=found[-1].id if len(rows) > PAGE else None)


def access_logged(actor: Actor, delivery_id: UUID) -> LoggedDelivery:
    """Return one delivery, or say that there is none: so it is for what a blind review keeps back, too."""
    row = fetch_one(_ONE_SQL, veil_parameters(actor) | {"delivery": delivery_id})
    if row is None:
        raise NotFoundError(detail=_("There is no such delivery."), extra={"delivery": str(delivery_id)})
    return LoggedDelivery(**row)


def attempts_of(delivery: LoggedDelivery) -> list[LoggedAttempt]:
    """Return every request that was made for a delivery, oldest first."""
    return [LoggedAttempt(**row) for row in fetch(_ATTEMPTS_SQL, {"delivery": delivery.id})]


def failure_reasons(endpoint_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return what the last attempts at endpoints ended with, as far as something waits to be tried again; one statement."""
    if not endpoint_ids:
        return {}
    return {row["endpoint_id"]: row["reason"] for row in fetch(_REASONS_SQL, {"endpoints": list(endpoint_ids)})}


def messages_of(item_id: UUID) -> list[dict[str, Any]]:
    """Return an item's events with their deliveries, for a caller who may know them; two statements at most."""
    messages = fetch(_MESSAGES_SQL, {"item": item_id})
    published = [message["id"] for message in messages if message["published_at"] is not None]
    rows = fetch(_DELIVERIES_SQL, {"messages": published}) if published else []
    deliveries = [LoggedDelivery(**row) for row in rows]
    return [
        message | {"deliveries": [delivery for delivery in deliveries if delivery.message_id == message["id"]]}
        for message in messages
    ]

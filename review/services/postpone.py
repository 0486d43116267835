"""Items whose prediction or routing failed: tried again later, longer each time, and dead after the last attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.domain import Actor
from governance.services import audit
from governance.statements import fetch
from review.domain import actions
from review.domain.states import ItemState
from review.selectors.waiting import NOTIFY_SQL

_BACKOFF_S = (5, 30, 120, 600, 1800)

_POSTPONE_SQL = f"""
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::uuid[], %(fences)s::int8[], %(states)s::text[], %(delays)s::float8[], %(failures)s::text[],
                         %(errors)s::text[], %(actions)s::text[], %(bodies)s::bytea[])
           AS t (id, fence, state, delay_s, failure, error, action, body)
), moved AS (
    UPDATE review_item i
       SET state = input.state, lease_until = NULL, last_error = input.error, losses = 0, event_count = i.event_count + 1,
           failure = CASE WHEN input.state = 'dead' THEN input.failure ELSE '' END,
           died_at = CASE WHEN input.state = 'dead' THEN now() END,
           available_at = now() + make_interval(secs => input.delay_s)
      FROM input WHERE i.id = input.id AND i.fence = input.fence AND i.state = 'predicting'
    RETURNING i.id, i.event_count, i.state, i.waited_until
), events AS (
    SELECT 'item' AS stream_kind, moved.id AS stream_id, moved.event_count AS stream_seq, input.action,
           NULL::timestamptz AS occurred_at, input.body
      FROM moved JOIN input ON input.id = moved.id
), {audit.APPEND_SQL}
SELECT id, {NOTIFY_SQL} FROM moved"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class Postponed:
    """An item that failed at an attempt; `counted` is the attempt among those that count."""

    item_id: UUID
    fence: int
    attempt: int
    counted: int
    is_last: bool
    failure: str
    error: str


def postpone(*, actor: Actor, postponed: Sequence[Postponed]) -> None:
    """Let items wait for their next attempt, or die of the last one, in the caller's transaction."""
    columns = zip(*(_row(one) for one in postponed), strict=True)
    names = ("ids", "fences", "states", "delays", "failures", "errors", "actions", "bodies")
    fetch(
        _POSTPONE_SQL,
        audit.parameters(actor) | {name: list(column) for name, column in zip(names, columns, strict=True)},
    )


def _row(one: Postponed) -> tuple[Any, ...]:
    action = actions.ITEM_DIED if one.is_last else actions.ITEM_POSTPONED
    return (
        one.item_id,
        one.fence,
        (ItemState.DEAD if one.is_last else ItemState.RECEIVED).value,
        float(_BACKOFF_S[min(max(one.counted, 1), len(_BACKOFF_S)) - 1]),
        one.failure,
        one.error,
        action,
        audit.body(action, {"attempt": one.attempt, "failure": one.failure}),
    )

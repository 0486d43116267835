"""The one statement that carries out a batch of routing decisions: items, reviews, outcomes, outbox, audit.

An item for people that no queue takes fails the statement (a review has a queue): rather nothing moves than that it is lost.
"""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from governance.domain import uuid7
from governance.services import audit, outbox
from review.domain import actions
from review.domain.masking import mask
from review.domain.states import ItemState, ReviewKind
from review.selectors.waiting import NOTIFY_SQL
from routing.selectors.contracts import contract_facts
from routing.selectors.workflows import WorkflowFacts
from routing.services.record import Routed

AUTO_ACCEPT = "auto_accept"
# Words take up to four times their text in the index, which refuses more than a megabyte; such an item is found by its id.
_MOST_SEARCHED_BYTES = 250_000

MOVE_SQL = f"""
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(states)s::text[], %(errors)s::text[], %(outcome_ids)s::uuid[], %(labels)s::text[],
        %(message_ids)s::uuid[], %(review_ids)s::uuid[], %(kinds)s::text[], %(queue_keys)s::text[], %(priorities)s::int2[],
        %(occurred)s::timestamptz[], %(bodies)s::bytea[], %(searched)s::text[]
    ) AS t (id, state, error, outcome_id, label, message_id, review_id, kind, queue_key, priority, occurred_at, body, searched)
), moved AS (
    UPDATE review_item i
       SET state = input.state, lease_until = NULL, last_error = input.error, outcome_id = input.outcome_id,
           event_count = i.event_count + 1, losses = 0, failure = '', died_at = NULL,
           available_at = CASE WHEN input.state = 'held' THEN now() + make_interval(secs => %(hold_s)s::int) ELSE i.available_at END
      FROM input WHERE i.id = input.id AND i.state = %(before)s::text
    RETURNING i.id, i.event_count, i.external_id, i.state, i.waited_until
), fallback_queue AS (
    SELECT id, key FROM review_queue WHERE workflow_id = %(workflow)s::uuid ORDER BY created_at, id LIMIT 1
), placed AS (
    SELECT input.*, q.id AS queue_id, q.step_s, coalesce(input.occurred_at, now()) + make_interval(secs => q.sla_s) AS due_at
      FROM input
      LEFT JOIN LATERAL (
        SELECT id, step_s, sla_s FROM review_queue
         WHERE key = input.queue_key OR id = (SELECT id FROM fallback_queue)
         ORDER BY key = input.queue_key DESC LIMIT 1) q ON true
     WHERE input.review_id IS NOT NULL
), reviews AS (
    INSERT INTO review_review (id, workspace_id, item_id, queue_id, kind, round, slot, priority, due_at, rank_at, state, fence,
                               attempts, skipped_by, occurred_at)
    SELECT review_id, %(audit_workspace)s::uuid, id, queue_id, kind, 1, 1, priority, due_at,
           due_at - make_interval(secs => priority * step_s), 'open', 0, 0, '{{}}', coalesce(occurred_at, now())
      FROM placed
), searched AS (
    INSERT INTO review_itemsearch (item_id, workspace_id, words)
    SELECT p.item_id, %(audit_workspace)s::uuid,
           CASE WHEN octet_length(p.body::text) < {_MOST_SEARCHED_BYTES}
                THEN jsonb_to_tsvector('simple', coalesce(input.searched::jsonb, p.body), '["string"]') ELSE '' END
      FROM moved JOIN input ON input.id = moved.id JOIN review_itempayload p ON p.item_id = moved.id
    ON CONFLICT (item_id) DO NOTHING
), outcomes AS (
    INSERT INTO review_outcome (id, workspace_id, item_id, source, label, fields, occurred_at)
    SELECT outcome_id, %(audit_workspace)s::uuid, id, 'auto', label, '{{}}', coalesce(occurred_at, now())
      FROM input WHERE outcome_id IS NOT NULL
), messages AS (
    SELECT input.message_id AS id, 'item.resolved' AS type, 'item' AS stream_kind, input.id AS stream_id,
           'outcome:' || input.outcome_id AS dedupe_key,
           jsonb_build_object('item', input.id, 'external_id', moved.external_id, 'workflow', %(workflow_key)s::text,
                              'outcome', input.outcome_id, 'label', input.label, 'fields', '{{}}'::jsonb, 'source', 'auto') AS data,
           now() + make_interval(secs => %(hold_s)s::int) AS due_at
      FROM input JOIN moved ON moved.id = input.id WHERE input.outcome_id IS NOT NULL
), {outbox.PUBLISH_SQL}, events AS (
    SELECT 'item' AS stream_kind, moved.id AS stream_id, moved.event_count AS stream_seq, %(moved_by)s::text AS action,
           input.occurred_at, input.body
      FROM moved JOIN input ON input.id = moved.id
), {audit.APPEND_SQL}
SELECT id, {NOTIFY_SQL} FROM moved"""  # noqa: S608 - composed of constants


def move_columns(
    *,
    workflow: WorkflowFacts,
    rows: dict[UUID, dict[str, Any]],
    routed: Sequence[Routed],
    before: ItemState = ItemState.PREDICTING,
    action: str = actions.ITEM_ROUTED,
) -> dict[str, Any]:
    """Return the parameters of MOVE_SQL: one entry of every list per item.

    `before` is the state that the items are moved from, `action` what their trail calls it.
    """
    names = [
        "ids",
        "states",
        "errors",
        "outcome_ids",
        "labels",
        "message_ids",
        "review_ids",
        "kinds",
        "queue_keys",
        "priorities",
        "occurred",
        "bodies",
        "searched",
    ]
    columns = zip(*(_row(workflow, rows[one.item.item_id], one, action) for one in routed), strict=True)
    facts = {"workflow": workflow.id, "workflow_key": workflow.key, "hold_s": workflow.hold_s}
    return (
        {"before": before.value, "moved_by": action}
        | facts
        | {name: list(column) for name, column in zip(names, columns, strict=True)}
    )


def _row(workflow: WorkflowFacts, row: dict[str, Any], one: Routed, action: str) -> tuple[Any, ...]:
    is_automatic = one.routing.disposition == AUTO_ACCEPT
    needs_person = not is_automatic or one.drawn
    state = ItemState.IN_REVIEW
    if is_automatic:
        state = ItemState.HELD if workflow.hold_s else ItemState.RESOLVED
    return (
        one.item.item_id,
        state.value,
        f"{one.prediction.failure}: {one.prediction.detail}"[:300] if one.prediction.failure else "",
        uuid7() if is_automatic else None,
        one.prediction.label,
        uuid7() if is_automatic else None,
        uuid7() if needs_person else None,
        (ReviewKind.CALIBRATION if one.drawn else ReviewKind.PRIMARY).value,
        one.routing.queue,
        row["priority"] + one.routing.priority,
        one.item.occurred_at,
        _body(workflow, one, action),
        _searched(row, one),
    )


def _searched(row: dict[str, Any], one: Routed) -> str | None:
    """Return the payload without what is sensitive: a search that found it would tell it. None where nothing is."""
    sensitive = contract_facts(row["contract_id"]).sensitive
    return json.dumps(mask(one.item.payload, sensitive).payload) if sensitive else None


def _body(workflow: WorkflowFacts, one: Routed, action: str) -> bytes:
    return audit.body(
        action,
        {
            "attempt": one.item.attempt,
            "confidence": one.prediction.confidence,
            "disposition": one.routing.disposition,
            "draw_probability": workflow.draw_rate,
            "drawn": one.drawn,
            "label": one.prediction.label,
            "model_version": str(workflow.model_version_id) if workflow.model_version_id else None,
            "policy_version": str(one.policy_version_id) if one.policy_version_id else None,
            "queue": one.routing.queue,
            "reason": dict(one.routing.reason),
            "reason_code": one.routing.reason_code,
        },
    )

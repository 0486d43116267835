"""The statements of an adjudication: what its answer changes is changed in one statement, and taken back in one."""

from governance.services import audit, outbox
from review.domain import actions
from review.selectors.leased import LEASED_COLUMNS_SQL
from review.services.decide_sql import ANSWERED_SQL
from routing.services.observations import SETTLE_SQL, UNSETTLE_SQL

# Whoever amends the item waits here, and what they wrote is known before the answer is compared with it.
DELIVERED_SQL = """
SELECT o.id, o.label, o.fields FROM review_item i JOIN review_outcome o ON o.id = i.outcome_id
 WHERE i.id = %(item)s::uuid AND i.state = 'resolved'
   FOR UPDATE OF i"""

# The item stays resolved. A successor of its outcome leaves when the answer can't be undone any more, and never before what
# it takes the place of.
ADJUDICATE_SQL = f"""
WITH {ANSWERED_SQL}, moved AS (
    UPDATE review_item i
       SET event_count = i.event_count + 1 + %(amends)s::bool::int,
           outcome_id = CASE WHEN %(amends)s::bool THEN %(outcome)s::uuid ELSE i.outcome_id END
      FROM answered
     WHERE i.id = %(item)s::uuid AND i.state = 'resolved' AND i.outcome_id = %(before)s::uuid
    RETURNING i.id, i.event_count, i.external_id
), outcome AS (
    INSERT INTO review_outcome (id, workspace_id, item_id, source, label, fields, decision_id, supersedes, amended_by, reason_code,
                                note, occurred_at)
    SELECT %(outcome)s::uuid, %(audit_workspace)s::uuid, id, 'amended', %(label)s::text, %(fields)s::jsonb, %(decision)s::uuid,
           %(before)s::uuid, %(actor_pseudonym)s::uuid, %(amended_because)s::text, %(note)s::text,
           coalesce(%(occurred_at)s::timestamptz, now())
      FROM moved WHERE %(amends)s::bool
), messages AS (
    SELECT %(message)s::uuid AS id, 'item.amended' AS type, 'item' AS stream_kind, moved.id AS stream_id,
           'outcome:' || %(outcome)s::text AS dedupe_key,
           jsonb_build_object('item', moved.id, 'external_id', moved.external_id, 'workflow', %(workflow_key)s::text,
                              'outcome', %(outcome)s::uuid, 'label', %(label)s::text, 'fields', %(fields)s::jsonb,
                              'source', 'amended', 'supersedes', (
                                  SELECT jsonb_build_object('outcome', b.id, 'label', b.label, 'fields', b.fields)
                                    FROM review_outcome b WHERE b.id = %(before)s::uuid)) AS data,
           greatest(statement_timestamp() + make_interval(secs => %(window)s::int),
                    {outbox.DUE_SQL.format(key="'outcome:' || %(before)s::text")}) AS due_at
      FROM moved WHERE %(amends)s::bool
), {outbox.PUBLISH_SQL}, answers AS (
    SELECT id AS item_id, %(label)s::text AS label, %(occurred_at)s::timestamptz AS occurred_at FROM moved
), {SETTLE_SQL}, events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count - %(amends)s::bool::int AS stream_seq,
           '{actions.DECISION_MADE}' AS action, %(occurred_at)s::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM moved
    UNION ALL
    SELECT 'item', id, event_count, '{actions.ITEM_AMENDED}', %(occurred_at)s::timestamptz, %(amended_body)s::bytea
      FROM moved WHERE %(amends)s::bool
), {audit.APPEND_SQL}
SELECT decision.recorded_at FROM decision, moved"""  # noqa: S608 - composed of constants

# Of the answer that is to be taken back: the outcome that it amended, and what that took the place of.
AMENDED_SQL = """
SELECT o.id, o.supersedes FROM review_outcome o
 WHERE o.item_id = %(item)s::uuid AND o.decision_id = %(decision)s::uuid AND o.source = 'amended'"""

UNDO_ADJUDICATION_SQL = f"""
WITH leased AS (
    UPDATE review_review SET state = 'leased', decision_id = NULL, fence = fence + 1, holder_id = %(person)s::uuid,
           lease_until = now() + make_interval(secs => %(lease_s)s::int)
     WHERE id = %(review)s::uuid AND state = 'decided' AND decision_id = %(decision)s::uuid
    RETURNING *
), moved AS (
    UPDATE review_item i
       SET event_count = i.event_count + 1,
           outcome_id = CASE WHEN %(amended)s::uuid IS NULL THEN i.outcome_id ELSE %(before)s::uuid END
      FROM leased
     WHERE i.id = leased.item_id AND i.state = 'resolved' AND (%(amended)s::uuid IS NULL OR i.outcome_id = %(amended)s::uuid)
    RETURNING i.*
), recalled_keys AS (
    SELECT 'outcome:' || %(amended)s::text AS dedupe_key FROM moved WHERE %(amended)s::uuid IS NOT NULL
), {outbox.RECALL_SQL}, unanswered AS (
    SELECT id AS item_id FROM moved
), {UNSETTLE_SQL}, events AS (
    SELECT 'item' AS stream_kind, moved.id AS stream_id, moved.event_count AS stream_seq, '{actions.DECISION_UNDONE}' AS action,
           NULL::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM moved
), {audit.APPEND_SQL}
SELECT {LEASED_COLUMNS_SQL}
  FROM leased
  JOIN moved i ON i.id = leased.item_id
  JOIN review_itempayload p ON p.item_id = i.id
  JOIN review_queue q ON q.id = leased.queue_id
 WHERE %(amended)s::uuid IS NULL OR EXISTS (SELECT FROM recalled)"""  # noqa: S608 - composed of constants

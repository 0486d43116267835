"""The statements of deciding and undoing: what a decision changes is changed in one statement, or not at all."""

from governance.services import audit, outbox
from review.domain import actions
from review.selectors.leased import LEASED_COLUMNS_SQL
from review.selectors.waiting import NOTIFY_SQL
from routing.selectors.suggestions import LIVE_LABEL_SQL
from routing.services.observations import FORGET_SQL, OBSERVE_SQL

LOAD_SQL = f"""
SELECT r.id, r.item_id, r.queue_id, r.kind, r.round, r.state, r.holder_id, r.fence, r.skipped_by, r.priority, r.due_at,
       q.key AS queue_key, q.undo_window_s, i.state AS item_state, i.contract_id, i.workflow_id, i.external_id,
       {LIVE_LABEL_SQL.format(item="r.item_id")} AS machine_label,
       d.id AS stored_id, d.reviewer_id AS stored_reviewer, d.body_sha256 AS stored_digest, d.action AS stored_action,
       d.label AS stored_label, d.recorded_at AS stored_at
  FROM review_review r
  JOIN review_item i ON i.id = r.item_id
  JOIN review_queue q ON q.id = r.queue_id
  LEFT JOIN review_decision d ON d.review_id = r.id AND d.fence = %(fence)s::int8
 WHERE r.id = %(review)s::uuid
   FOR UPDATE OF r"""  # noqa: S608 - composed of constants

# The answer under its fence, as a part of a WITH list; `answered` is the review. A decision's recorded_at is its statement's time;
# the window that is counted from it ends for item and outbox alike.
ANSWERED_SQL = """
decision AS (
    INSERT INTO review_decision (id, workspace_id, review_id, item_id, fence, reviewer_id, reviewer_pseudonym, action, label,
                                 fields, reason_code, note, active_ms, suggestion_shown, body_sha256, occurred_at)
    VALUES (%(decision)s::uuid, %(audit_workspace)s::uuid, %(review)s::uuid, %(item)s::uuid, %(fence)s::int8,
            %(person)s::uuid, %(actor_pseudonym)s::uuid, %(action)s::text, %(label)s::text, %(fields)s::jsonb,
            %(reason_code)s::text, %(note)s::text, %(active_ms)s::int, %(shown)s::bool, %(digest)s::bytea,
            coalesce(%(occurred_at)s::timestamptz, now()))
    RETURNING recorded_at
), answered AS (
    UPDATE review_review SET state = 'decided', decision_id = %(decision)s::uuid, lease_until = NULL
     WHERE id = %(review)s::uuid AND fence = %(fence)s::int8 AND state = 'leased'
    RETURNING id
), undrafted AS (
    DELETE FROM review_draft dr USING answered WHERE dr.review_id = answered.id AND dr.person_id = %(person)s::uuid
)"""

DECIDE_SQL = f"""
WITH {ANSWERED_SQL}, moved AS (
    UPDATE review_item i
       SET event_count = i.event_count + 1,
           state = CASE WHEN %(moves)s::bool THEN %(state_after)s::text ELSE i.state END,
           outcome_id = CASE WHEN %(moves)s::bool THEN %(outcome)s::uuid ELSE i.outcome_id END,
           available_at = CASE WHEN %(moves)s::bool THEN statement_timestamp() + make_interval(secs => %(window)s::int)
                               ELSE i.available_at END
      FROM answered
     WHERE i.id = %(item)s::uuid AND (i.state = 'in_review' OR NOT %(moves)s::bool)
    RETURNING i.id, i.event_count, i.external_id, i.state, i.waited_until
), outcome AS (
    INSERT INTO review_outcome (id, workspace_id, item_id, source, label, fields, decision_id, occurred_at)
    SELECT %(outcome)s::uuid, %(audit_workspace)s::uuid, id, 'human', %(label)s::text, %(fields)s::jsonb, %(decision)s::uuid,
           coalesce(%(occurred_at)s::timestamptz, now())
      FROM moved WHERE %(moves)s::bool
), messages AS (
    SELECT %(message)s::uuid AS id, 'item.resolved' AS type, 'item' AS stream_kind, moved.id AS stream_id,
           'outcome:' || %(outcome)s::text AS dedupe_key,
           jsonb_build_object('item', moved.id, 'external_id', moved.external_id, 'workflow', %(workflow_key)s::text,
                              'outcome', %(outcome)s::uuid, 'label', %(label)s::text, 'fields', %(fields)s::jsonb,
                              'source', 'human') AS data,
           statement_timestamp() + make_interval(secs => %(window)s::int) AS due_at
      FROM moved WHERE %(moves)s::bool
), {outbox.PUBLISH_SQL}, answers AS (
    SELECT id AS item_id, %(label)s::text AS label, %(occurred_at)s::timestamptz AS occurred_at FROM moved
), {OBSERVE_SQL}, events AS (
    SELECT 'item' AS stream_kind, moved.id AS stream_id, moved.event_count AS stream_seq, '{actions.DECISION_MADE}' AS action,
           %(occurred_at)s::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM moved
), {audit.APPEND_SQL}
SELECT decision.recorded_at, {NOTIFY_SQL} FROM decision, moved"""  # noqa: S608 - composed of constants

LATE_SQL = """
INSERT INTO review_lateanswer (id, workspace_id, review_id, person_id, fence, body)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(review)s::uuid, %(person)s::uuid, %(fence)s::int8, %(body)s::jsonb)
ON CONFLICT (review_id, person_id, fence) DO NOTHING"""

LOAD_DECISION_SQL = """
SELECT d.id, d.reviewer_id, r.id AS review_id, r.item_id, r.kind, r.fence, r.state, r.decision_id = d.id AS is_effective,
       i.state AS item_state, i.outcome_id, q.lease_s,
       EXISTS (SELECT FROM review_outcome o WHERE o.item_id = r.item_id AND o.decision_id = d.id) AS is_outcome,
       now() >= d.recorded_at + make_interval(secs => q.undo_window_s) AS is_over
  FROM review_decision d
  JOIN review_review r ON r.id = d.review_id
  JOIN review_queue q ON q.id = r.queue_id
  JOIN review_item i ON i.id = r.item_id
 WHERE d.id = %(decision)s::uuid
   FOR UPDATE OF r"""

# The review goes back to the same person under a new fence; what had not left is taken back.
UNDO_SQL = f"""
WITH leased AS (
    UPDATE review_review SET state = 'leased', decision_id = NULL, fence = fence + 1, holder_id = %(person)s::uuid,
           lease_until = now() + make_interval(secs => %(lease_s)s::int)
     WHERE id = %(review)s::uuid AND state = 'decided' AND decision_id = %(decision)s::uuid
       AND NOT EXISTS (SELECT FROM review_review a WHERE a.item_id = %(item)s::uuid AND a.kind = 'adjudication')
    RETURNING *
), moved AS (
    UPDATE review_item i
       SET event_count = i.event_count + 1,
           state = CASE WHEN %(moves)s::bool THEN 'in_review' ELSE i.state END,
           outcome_id = CASE WHEN %(moves)s::bool THEN NULL ELSE i.outcome_id END
      FROM leased WHERE i.id = leased.item_id AND (i.state = 'held' OR (NOT %(moves)s::bool AND i.state <> 'withdrawn'))
    RETURNING i.*
), recalled_keys AS (
    SELECT 'outcome:' || %(outcome)s::text AS dedupe_key FROM moved WHERE %(moves)s::bool
), {outbox.RECALL_SQL}, unanswered AS (
    SELECT id AS item_id FROM moved
), {FORGET_SQL}, events AS (
    SELECT 'item' AS stream_kind, moved.id AS stream_id, moved.event_count AS stream_seq, '{actions.DECISION_UNDONE}' AS action,
           NULL::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM moved
), {audit.APPEND_SQL}
SELECT {LEASED_COLUMNS_SQL}
  FROM leased
  JOIN moved i ON i.id = leased.item_id
  JOIN review_itempayload p ON p.item_id = i.id
  JOIN review_queue q ON q.id = leased.queue_id
 WHERE NOT %(moves)s::bool OR EXISTS (SELECT FROM recalled)"""  # noqa: S608 - composed of constants

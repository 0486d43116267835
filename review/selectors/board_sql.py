"""The statements behind the lead's board; each reads by an index and counts no farther than tells anybody something."""

from governance.selectors.trails import LAST_AT_SQL
from review.domain.actions import DECISION_UNDONE, REVIEW_CLAIMED
from review.domain.states import BLIND_KINDS
from routing.selectors.suggestions import LIVE_LABEL_SQL

_BLIND = ", ".join(f"'{kind.value}'" for kind in sorted(BLIND_KINDS))

# What came into queues and what people decided since `since`, by slots that are counted backwards from `until`. Ids grow with
# time, so that the primary keys lead to the newest rows; `first` is the least id of a row of the period.
FLOW_SQL = """
WITH arrived AS (
    SELECT queue_id, occurred_at AS at FROM review_review
     WHERE id >= %(first)s::uuid AND occurred_at >= %(since)s::timestamptz ORDER BY id DESC LIMIT 20000
), decided AS (
    SELECT r.queue_id, d.occurred_at AS at, d.reviewer_id
      FROM (SELECT id, review_id, occurred_at, reviewer_id FROM review_decision
             WHERE id >= %(first)s::uuid AND occurred_at >= %(since)s::timestamptz ORDER BY id DESC LIMIT 20000) d
      JOIN review_review r ON r.id = d.review_id AND r.decision_id = d.id
), flow AS (
    SELECT queue_id, at, NULL::uuid AS person FROM arrived UNION ALL SELECT queue_id, at, reviewer_id FROM decided
)
SELECT queue_id, greatest(0, floor(extract(epoch FROM %(until)s::timestamptz - at) / %(slot_s)s::int))::int AS slot,
       count(*) FILTER (WHERE person IS NULL) AS arrived, count(person) AS decided,
       coalesce(json_agg(DISTINCT person) FILTER (WHERE person IS NOT NULL), '[]'::json) AS people
  FROM flow
 GROUP BY 1, 2"""

# Who may review here, what they have decided today, and how their last answers of 30 days compare with the model's. Answers
# that can still be undone are not compared: they would tell what a blind review may not.
PEOPLE_SQL = f"""
SELECT m.user_id AS id, coalesce(nullif(u.name, ''), split_part(u.email, '@', 1)) AS name, m.role, today.decided, today.last_hour, today.median_active_ms, today.last_at,
       seen.shown_n, seen.shown_k, seen.blind_n, seen.blind_k
  FROM governance_membership m
  JOIN governance_user u ON u.id = m.user_id
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.occurred_at >= %(midnight)s::timestamptz) AS decided,
           count(*) FILTER (WHERE d.occurred_at >= %(since)s::timestamptz) AS last_hour,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY nullif(d.active_ms, 0)) AS median_active_ms,
           max(d.occurred_at) AS last_at
      FROM (SELECT id, review_id, active_ms, occurred_at FROM review_decision
             WHERE reviewer_id = m.user_id AND recorded_at >= %(from)s::timestamptz AND occurred_at >= %(from)s::timestamptz
             ORDER BY recorded_at DESC LIMIT 1000) d
      JOIN review_review r ON r.id = d.review_id AND r.decision_id = d.id
 ) today
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE is_shown) AS shown_n, count(*) FILTER (WHERE is_shown AND differs) AS shown_k,
           count(*) FILTER (WHERE is_blind) AS blind_n, count(*) FILTER (WHERE is_blind AND differs) AS blind_k
      FROM (SELECT given.suggestion_shown AS is_shown, r.kind IN ({_BLIND}) AND told.machine IS NOT NULL AS is_blind,
                   given.label IS DISTINCT FROM told.machine AS differs
              FROM (SELECT id, review_id, item_id, label, suggestion_shown, recorded_at FROM review_decision
                     WHERE reviewer_id = m.user_id AND recorded_at >= %(month)s::timestamptz
                     ORDER BY recorded_at DESC LIMIT 200) given
              JOIN review_review r ON r.id = given.review_id AND r.decision_id = given.id
              JOIN review_queue q ON q.id = r.queue_id
             CROSS JOIN LATERAL (SELECT {LIVE_LABEL_SQL.format(item="given.item_id")} AS machine) told
             WHERE given.recorded_at + make_interval(secs => q.undo_window_s) <= statement_timestamp()) answers
 ) seen
 WHERE m.is_active AND u.is_active AND m.role = ANY(%(roles)s::text[])
 ORDER BY lower(u.name), m.user_id
 LIMIT 500"""  # noqa: S608 - composed of constants

# What people hold, the lease that ends first on top, and below it what is overdue in the queues with nobody at it.
WORK_SQL = f"""
(SELECT true AS is_held, r.id, r.item_id, i.external_id, q.key AS queue_key, q.name AS queue_name, r.due_at, r.lease_until,
        r.holder_id AS person, {LAST_AT_SQL.format(item="r.item_id", actions=f"'{REVIEW_CLAIMED}', '{DECISION_UNDONE}'")} AS since
   FROM review_review r
   JOIN review_item i ON i.id = r.item_id
   JOIN review_queue q ON q.id = r.queue_id
  WHERE r.state = 'leased'
  ORDER BY r.lease_until LIMIT 500)
UNION ALL
(SELECT false, late.id, late.item_id, i.external_id, q.key, q.name, late.due_at, NULL, late.assigned_to, NULL
   FROM review_queue q
  CROSS JOIN LATERAL (
    SELECT * FROM (SELECT r.id, r.item_id, r.due_at, r.assigned_to FROM review_review r
                    WHERE r.queue_id = q.id AND r.state = 'open' AND (r.snoozed_until IS NULL OR r.snoozed_until <= now())
                    ORDER BY r.rank_at, r.id LIMIT 10000) head
     WHERE head.due_at < statement_timestamp() ORDER BY head.due_at LIMIT 50) late
   JOIN review_item i ON i.id = late.item_id
  ORDER BY late.due_at LIMIT 50)"""  # noqa: S608 - composed of constants

# Every workflow with its running stop, and the limits that follow from measurements. What was accepted after it is looked for among what was routed from just before the
# stop on, in the first 20,000 rows and in the last 1,000: a batch takes seconds, and what goes wrong now is among the last.
STOPS_SQL = """
SELECT w.key, w.name, w.state, s.since, s.reason, auto.last_at, held.items AS held, others.limits
  FROM routing_workflow w
  LEFT JOIN routing_restriction s ON s.workflow_id = w.id AND s.cause = 'stop' AND s.segment = '' AND s.lifted_at IS NULL
  LEFT JOIN LATERAL (
    SELECT max(recorded_at) FILTER (WHERE disposition = 'auto_accept' AND mode = 'live' AND recorded_at > s.since) AS last_at
      FROM ((SELECT disposition, mode, recorded_at FROM routing_routingdecision
              WHERE workflow_id = w.id AND occurred_at >= s.since - interval '1 minute' ORDER BY occurred_at LIMIT 20000)
            UNION ALL
            (SELECT disposition, mode, recorded_at FROM routing_routingdecision
              WHERE workflow_id = w.id AND occurred_at >= s.since ORDER BY occurred_at DESC LIMIT 1000)) routed
  ) auto ON s.id IS NOT NULL
  LEFT JOIN LATERAL (
    SELECT count(*) AS items
      FROM (SELECT FROM review_item i JOIN review_outcome o ON o.id = i.outcome_id
             WHERE i.state = 'held' AND i.workflow_id = w.id AND o.source = 'auto' LIMIT 10000) kept
  ) held ON s.id IS NOT NULL
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('cause', r.cause, 'effect', r.effect, 'segment', r.segment, 'value_above', r.value_above,
                                      'min_threshold', r.min_threshold, 'reason', r.reason, 'since', r.since)
                    ORDER BY r.since)::text AS limits
      FROM routing_restriction r WHERE r.workflow_id = w.id AND r.lifted_at IS NULL AND r.cause <> 'stop'
  ) others ON true
 ORDER BY w.name, w.id"""

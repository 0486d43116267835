"""The statements behind an owner's figures; each reads one period by an index on (workflow, occurred_at)."""

from routing.selectors.suggestions import LIVE_LABEL_SQL

# `unit` is a day or an hour in the time zone of the figures.
ROUTED_SQL = """
SELECT workflow_id, date_trunc(%(unit)s::text, occurred_at, %(zone)s::text) AS at, disposition, reason_code,
       count(*) AS items, count(*) FILTER (WHERE drawn) AS drawn
  FROM routing_routingdecision
 WHERE workflow_id = ANY(%(workflows)s::uuid[]) AND mode = 'live'
   AND occurred_at >= %(since)s::timestamptz AND occurred_at < %(until)s::timestamptz
 GROUP BY 1, 2, 3, 4"""

# Effective answers of the period. `seen` says what the reviewer knew of the machine's label: shown, blind, or none
# where there was none to overturn. Who adjudicates knows that the model is in doubt, and so overturns nothing. Rows without `at` are over the whole period; those without `seen` over everything.
ANSWERS_SQL = f"""
WITH answers AS MATERIALIZED (
    SELECT o.workflow_id, date_trunc(%(unit)s::text, o.occurred_at, %(zone)s::text) AS at, d.label, d.active_ms,
           d.suggestion_shown, CASE WHEN r.kind <> 'adjudication' THEN {LIVE_LABEL_SQL.format(item="o.item_id")} END AS machine
      FROM routing_observation o
      JOIN review_review r ON r.item_id = o.item_id
      JOIN review_decision d ON d.id = r.decision_id
     WHERE o.workflow_id = ANY(%(workflows)s::uuid[])
       AND o.occurred_at >= %(since)s::timestamptz AND o.occurred_at < %(until)s::timestamptz
), told AS (
    SELECT *, CASE WHEN machine IS NULL THEN 'none' WHEN suggestion_shown THEN 'shown' ELSE 'blind' END AS seen
      FROM answers
)
SELECT workflow_id, at, seen, count(*) AS decisions,
       count(*) FILTER (WHERE machine IS NOT NULL AND label IS DISTINCT FROM machine) AS overturned,
       CASE WHEN grouping(at, seen) = 3 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY nullif(active_ms, 0)) END AS median_active_ms
  FROM told
 GROUP BY workflow_id, GROUPING SETS ((), (at), (seen))"""  # noqa: S608 - composed of constants

# What became of the uniform sample; a disagreement has `wrong` null until it is adjudicated. Nobody answered what was withdrawn.
SAMPLE_SQL = """
SELECT count(*) AS answered, count(*) FILTER (WHERE wrong IS NOT FALSE) AS differing, count(*) FILTER (WHERE wrong) AS wrong
  FROM routing_observation
 WHERE workflow_id = %(workflow)s::uuid AND source = 'calibration'
   AND occurred_at >= %(since)s::timestamptz AND occurred_at < %(until)s::timestamptz
   AND NOT (label IS NULL AND wrong IS NULL AND closed_at IS NOT NULL)"""

# Counted up to 10,000: beyond that a number tells nobody more.
WAITING_SQL = """
SELECT count(*) AS received, extract(epoch FROM now() - min(available_at))::float8 AS lag_s
  FROM (SELECT available_at FROM review_item
         WHERE workflow_id = %(workflow)s::uuid AND state = 'received' AND available_at <= now()
         ORDER BY available_at, id LIMIT 10000) head"""

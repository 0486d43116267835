"""What people answered, as routing's own rows: the only basis of estimates, tuner and error budget.

A hot statement puts OBSERVE_SQL into its WITH list behind a part named `answers (item_id, label, occurred_at)`; an amendment
puts AMENDED_ANSWERS_SQL before it, behind `amended (item_id, label)`. What was accepted automatically, not drawn and amended
came to a person's eyes by nobody knows what chance: its inclusion probability is null.
A disagreement in the calibration sample stays open (`wrong` null) until it is adjudicated; where the machine gave no label
there is nothing that could be wrong. From the moment at which a second person is asked (ASK_AGAIN_SQL) only their answer
(SETTLE_SQL) changes the observation. An item that is withdrawn before it is settled is closed with nothing known of it
(GIVE_UP_SQL), which counts as wrong.
With the answer goes what its item is found by as a precedent, which is therefore gone again where the answer is taken back.
"""

from routing.domain.term_vectors import FOUND_BY

OBSERVE_SQL = f"""
routed AS (
    SELECT DISTINCT ON (d.item_id) d.workspace_id, d.workflow_id, d.item_id, d.attempt, d.drawn, d.draw_probability, d.disposition,
           d.label AS machine, a.label, a.occurred_at
      FROM answers a JOIN routing_routingdecision d ON d.item_id = a.item_id AND d.mode = 'live'
     ORDER BY d.item_id, d.attempt DESC
), observed AS (
    INSERT INTO routing_observation AS o (item_id, workspace_id, workflow_id, source, inclusion_probability, label, wrong,
                                          occurred_at, closed_at, terms)
    SELECT item_id, workspace_id, workflow_id, CASE WHEN drawn THEN 'calibration' ELSE 'review' END,
           CASE WHEN drawn THEN draw_probability WHEN disposition <> 'auto_accept' THEN 1 END, label,
           CASE WHEN machine IS NULL THEN NULL WHEN label IS NOT DISTINCT FROM machine THEN false
                WHEN drawn THEN NULL ELSE true END,
           coalesce(occurred_at, now()),
           CASE WHEN drawn AND machine IS NOT NULL AND label IS DISTINCT FROM machine THEN NULL ELSE coalesce(occurred_at, now()) END,
           (SELECT p.terms[1:{FOUND_BY}] FROM routing_prediction p WHERE p.item_id = routed.item_id AND p.attempt = routed.attempt)
      FROM routed
    ON CONFLICT (item_id) DO UPDATE
       SET label = excluded.label, wrong = excluded.wrong, closed_at = excluded.closed_at, occurred_at = excluded.occurred_at,
           terms = excluded.terms
     WHERE o.asked_again_at IS NULL
)"""  # noqa: S608 - composed of constants

# An amended answer takes the place of the observed one and keeps its time. A drawn item that nobody has answered yet is left
# alone: only its blind answer belongs in the sample.
AMENDED_ANSWERS_SQL = """
answers AS (
    SELECT a.item_id, a.label, o.occurred_at
      FROM amended a
      LEFT JOIN routing_observation o ON o.item_id = a.item_id
     WHERE o.item_id IS NOT NULL OR NOT EXISTS (
        SELECT FROM routing_routingdecision d WHERE d.item_id = a.item_id AND d.mode = 'live' AND d.drawn)
)"""

# Takes an answer back: part of a WITH list behind `unanswered (item_id)`.
FORGET_SQL = """
unobserved AS (
    DELETE FROM routing_observation o USING unanswered u WHERE o.item_id = u.item_id
)"""

# Notes that a second person is asked about a disagreement: behind `in_order (id)`, items that are locked. `asked` are the items of
# which that is still to be done.
ASK_AGAIN_SQL = """
asked AS (
    UPDATE routing_observation o SET asked_again_at = statement_timestamp(), first_label = o.label FROM in_order
     WHERE o.item_id = in_order.id AND o.source = 'calibration' AND o.wrong IS NULL AND o.closed_at IS NULL
       AND o.asked_again_at IS NULL
    RETURNING o.item_id
)"""

# Settles disagreements by a second person's answer, which keeps the time of the first: behind `answers` as OBSERVE_SQL.
SETTLE_SQL = """
settled AS (
    UPDATE routing_observation o
       SET label = a.label, closed_at = coalesce(a.occurred_at, now()),
           wrong = a.label IS DISTINCT FROM (
               SELECT d.label FROM routing_routingdecision d WHERE d.item_id = a.item_id AND d.mode = 'live'
                ORDER BY d.attempt DESC LIMIT 1)
      FROM answers a WHERE o.item_id = a.item_id
)"""

# Takes a second person's answer back: the disagreement is open again. Behind `unanswered` as FORGET_SQL.
UNSETTLE_SQL = """
unsettled AS (
    UPDATE routing_observation o SET label = o.first_label, wrong = NULL, closed_at = NULL
      FROM unanswered u WHERE o.item_id = u.item_id
)"""

# Closes what was drawn and will never be settled: behind `gone (item_id)`.
GIVE_UP_SQL = """
given_up AS (
    INSERT INTO routing_observation AS o (item_id, workspace_id, workflow_id, source, inclusion_probability, label, wrong,
                                          occurred_at, closed_at)
    SELECT d.item_id, d.workspace_id, d.workflow_id, 'calibration', d.draw_probability, NULL, NULL, now(), now()
      FROM gone g
     CROSS JOIN LATERAL (
        SELECT r.* FROM routing_routingdecision r WHERE r.item_id = g.item_id AND r.mode = 'live'
         ORDER BY r.attempt DESC LIMIT 1) d
     WHERE d.drawn
    ON CONFLICT (item_id) DO UPDATE SET closed_at = now() WHERE o.closed_at IS NULL
)"""

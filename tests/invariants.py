"""What must hold of a workspace's rows at any moment between transactions, as queries that find what breaks it."""

import hashlib
import json

from django.db import connection

from governance import strict_json
from governance.actions import action_named

# Each finds rows that must not exist. All read the entered workspace alone: row-level security sees to that.
_EFFECTIVE = """
WITH RECURSIVE effective AS (
    SELECT i.id AS item_id, i.outcome_id AS id FROM review_item i WHERE i.outcome_id IS NOT NULL
    UNION ALL
    SELECT e.item_id, o.supersedes FROM effective e JOIN review_outcome o ON o.id = e.id WHERE o.supersedes IS NOT NULL
), said AS (
    SELECT o.* FROM effective e JOIN review_outcome o ON o.id = e.id
)"""  # an item's outcome, and those that it took the place of
_BROKEN = {
    "an item with people has one open or leased review": """
        SELECT i.id FROM review_item i WHERE i.state = 'in_review' AND 1 <> (
            SELECT count(*) FROM review_review r WHERE r.item_id = i.id AND r.state IN ('open', 'leased'))""",
    "an item with people has no outcome": """
        SELECT id FROM review_item WHERE state IN ('received', 'predicting', 'in_review', 'withdrawn', 'dead')
                                     AND outcome_id IS NOT NULL""",
    "a held or resolved item has an outcome of its own": """
        SELECT i.id FROM review_item i WHERE i.state IN ('held', 'resolved') AND NOT EXISTS (
            SELECT FROM review_outcome o WHERE o.id = i.outcome_id AND o.item_id = i.id)""",
    "a predicting item has a lease, and no other has": """
        SELECT id FROM review_item WHERE (state = 'predicting') <> (lease_until IS NOT NULL)""",
    "a dead item says why and since when, and no other does": """
        SELECT id FROM review_item WHERE (state = 'dead') <> (failure <> '') OR (state = 'dead') <> (died_at IS NOT NULL)
                                      OR (state = 'dead' AND last_error = '')""",
    "no item has more attempts behind it than count": """
        SELECT i.id FROM review_item i JOIN routing_workflow w ON w.id = i.workflow_id
         WHERE i.attempts_forgiven > i.attempts OR i.attempts - i.attempts_forgiven > w.max_attempts""",
    "a withdrawn item has no open work and nothing that leaves": """
        SELECT i.id FROM review_item i WHERE i.state = 'withdrawn' AND (
            EXISTS (SELECT FROM review_review r WHERE r.item_id = i.id AND r.state IN ('open', 'leased'))
            OR EXISTS (SELECT FROM governance_outboxmessage m WHERE m.stream_id = i.id))""",
    "an item that waits for its model has no review": """
        SELECT i.id FROM review_item i JOIN review_review r ON r.item_id = i.id
         WHERE i.state IN ('received', 'predicting', 'dead')""",
    "an item that came past the model has one routing decision an attempt, the last for its present place": """
        SELECT i.id FROM review_item i WHERE i.state IN ('in_review', 'held', 'resolved') AND 1 <> (
            SELECT count(*) FROM routing_routingdecision d JOIN routing_prediction p USING (item_id, attempt)
             WHERE d.item_id = i.id AND d.attempt = i.attempts AND d.mode = 'live')""",
    "what the policy accepted went without people, and the rest did not": """
        SELECT i.id FROM review_item i
          JOIN routing_routingdecision d ON d.item_id = i.id AND d.attempt = i.attempts AND d.mode = 'live'
          LEFT JOIN review_outcome o ON o.id = i.outcome_id
         WHERE (d.disposition = 'auto_accept' AND (i.state = 'in_review' OR o.source = 'human'))
            OR (d.disposition <> 'auto_accept' AND o.source = 'auto')""",
    "whatever was drawn has a blind review, and nothing else has": """
        SELECT d.item_id FROM routing_routingdecision d
          JOIN review_item i ON i.id = d.item_id AND i.attempts = d.attempt
          LEFT JOIN review_review r ON r.item_id = d.item_id AND r.kind <> 'adjudication'
         WHERE d.mode = 'live' AND d.drawn <> (r.kind IS NOT NULL AND r.kind = 'calibration')""",
    "an outcome that is effective, or was until it was amended, has its one outbox row": f"""
        {_EFFECTIVE}
        SELECT said.id FROM said WHERE 1 <> (
            SELECT count(*) FROM governance_outboxmessage m
             WHERE m.dedupe_key = 'outcome:' || said.id AND m.stream_id = said.item_id
               AND m.type = CASE WHEN said.source = 'amended' THEN 'item.amended' ELSE 'item.resolved' END)""",
    "nothing else is to leave": f"""
        {_EFFECTIVE}
        SELECT m.id FROM governance_outboxmessage m WHERE m.stream_kind = 'item' AND NOT EXISTS (
            SELECT FROM said WHERE said.item_id = m.stream_id AND m.dedupe_key = 'outcome:' || said.id)""",
    "what leaves is what was decided": f"""
        {_EFFECTIVE}
        SELECT m.id FROM governance_outboxmessage m JOIN said ON m.dedupe_key = 'outcome:' || said.id
         WHERE m.data ->> 'label' IS DISTINCT FROM said.label OR m.data ->> 'source' IS DISTINCT FROM said.source
            OR m.data -> 'fields' IS DISTINCT FROM said.fields
            OR (m.data -> 'supersedes' ->> 'outcome') IS DISTINCT FROM said.supersedes::text""",
    "an amendment leaves behind what it amends": f"""
        {_EFFECTIVE}
        SELECT m.id FROM said
          JOIN governance_outboxmessage m ON m.dedupe_key = 'outcome:' || said.id
          JOIN governance_outboxmessage b ON b.dedupe_key = 'outcome:' || said.supersedes
         WHERE (b.due_at, b.id) >= (m.due_at, m.id)
            OR (m.published_seq IS NOT NULL AND (b.published_seq IS NULL OR b.published_seq >= m.published_seq))""",
    "only what is resolved is amended, by somebody, and an outcome once": f"""
        {_EFFECTIVE}
        SELECT o.id FROM said o JOIN review_item i ON i.id = o.item_id
         WHERE (o.source = 'amended') <> (o.supersedes IS NOT NULL) OR (o.source = 'amended') <> (o.amended_by IS NOT NULL)
            OR (o.source = 'amended' AND i.state <> 'resolved')
            OR EXISTS (SELECT FROM said a WHERE a.supersedes = o.supersedes AND a.id <> o.id)""",
    "what is no longer effective is an answer that was taken back": f"""
        {_EFFECTIVE}
        SELECT o.id FROM review_outcome o JOIN review_item i ON i.id = o.item_id
         WHERE i.state <> 'withdrawn' AND o.id NOT IN (SELECT id FROM said) AND NOT EXISTS (
            SELECT FROM review_decision d JOIN review_review r ON r.id = d.review_id
             WHERE d.id = o.decision_id AND r.decision_id IS DISTINCT FROM d.id)""",
    "nothing has left of an item that is not decided": """
        SELECT i.id FROM review_item i
          JOIN governance_outboxmessage m ON m.stream_id = i.id AND m.published_seq IS NOT NULL
         WHERE i.state IN ('received', 'predicting', 'in_review', 'withdrawn', 'dead')""",
    "a delivery's event is published, under the number that the delivery has": """
        SELECT d.id FROM governance_delivery d LEFT JOIN governance_outboxmessage m ON m.id = d.message_id
         WHERE m.published_seq IS DISTINCT FROM d.published_seq OR m.stream_id <> d.stream_id""",
    "what was delivered was taken with a 2xx": """
        SELECT d.id FROM governance_delivery d WHERE d.state = 'delivered' AND NOT EXISTS (
            SELECT FROM governance_deliveryattempt a WHERE a.delivery_id = d.id AND a.status BETWEEN 200 AND 299)""",
    "what was delivered stands in the item's trail": """
        SELECT i.id FROM review_item i
         WHERE (SELECT count(*) FROM governance_delivery d WHERE d.stream_id = i.id AND d.state = 'delivered') > (
                SELECT count(*) FROM governance_auditevent e WHERE e.stream_id = i.id AND e.action = 'item.delivered')""",
    "no event of a thing overtakes an earlier one on its way to an endpoint": """
        SELECT d.id FROM governance_delivery d JOIN governance_delivery p USING (endpoint_id, stream_id)
         WHERE p.published_seq < d.published_seq AND p.replays = 0 AND p.state IN ('pending', 'sending')
           AND d.replays = 0 AND (d.state <> 'pending' OR d.attempts > 0)""",
    "published events have every number once, down to where they were let go": """
        SELECT f.workspace_id FROM governance_eventfeed f
          LEFT JOIN governance_outboxmessage m ON m.workspace_id = f.workspace_id AND m.published_seq > f.forgotten_seq
         GROUP BY f.workspace_id, f.last_seq, f.forgotten_seq
        HAVING count(m.id) <> f.last_seq - f.forgotten_seq OR count(DISTINCT m.published_seq) <> count(m.id)
            OR max(m.published_seq) <> f.last_seq""",
    "no event has a number that the feed has not given": """
        SELECT m.id FROM governance_outboxmessage m LEFT JOIN governance_eventfeed f ON f.workspace_id = m.workspace_id
         WHERE m.published_seq IS NOT NULL AND m.published_seq > coalesce(f.last_seq, 0)""",
    "a leased review has a holder": """
        SELECT id FROM review_review WHERE state = 'leased' AND (holder_id IS NULL OR lease_until IS NULL)""",
    "a decided review points at its holder's answer under its fence": """
        SELECT r.id FROM review_review r LEFT JOIN review_decision d ON d.id = r.decision_id
         WHERE r.state = 'decided' AND (d.id IS NULL OR d.review_id <> r.id OR d.fence <> r.fence
                                        OR d.reviewer_id <> r.holder_id)""",
    "a human outcome is an effective decision's answer, even once it is amended": f"""
        {_EFFECTIVE}
        SELECT said.item_id FROM said
          LEFT JOIN review_decision d ON d.id = said.decision_id
          LEFT JOIN review_review r ON r.id = d.review_id AND r.decision_id = d.id
         WHERE said.source = 'human' AND (r.id IS NULL OR d.label IS DISTINCT FROM said.label)""",
    "an item's last answer is its observation": """
        WITH answers AS (
            SELECT r.item_id, d.label, d.recorded_at FROM review_review r JOIN review_decision d ON d.id = r.decision_id
            UNION ALL
            SELECT i.id, o.label, o.recorded_at FROM review_item i JOIN review_outcome o ON o.item_id = i.id
             WHERE o.source = 'amended' AND NOT EXISTS (
                SELECT FROM review_review r WHERE r.item_id = i.id AND r.kind = 'calibration' AND r.state <> 'decided')
               AND NOT EXISTS (
                SELECT FROM routing_observation o2 WHERE o2.item_id = i.id AND o2.asked_again_at <= o.recorded_at)
        ), last AS (
            SELECT DISTINCT ON (item_id) item_id, label FROM answers ORDER BY item_id, recorded_at DESC
        )
        SELECT last.item_id FROM last LEFT JOIN routing_observation o ON o.item_id = last.item_id
         WHERE o.item_id IS NULL OR o.label IS DISTINCT FROM last.label""",
    "an observation has an effective answer": """
        SELECT o.item_id FROM routing_observation o
         WHERE NOT EXISTS (SELECT FROM review_review r WHERE r.item_id = o.item_id AND r.state = 'decided')
           AND NOT EXISTS (SELECT FROM review_item i WHERE i.id = o.item_id AND i.state = 'withdrawn'
                                                      AND o.label IS NULL AND o.wrong IS NULL AND o.closed_at IS NOT NULL)
           AND NOT EXISTS (SELECT FROM review_item i JOIN review_outcome a ON a.id = i.outcome_id
                            WHERE i.id = o.item_id AND a.source = 'amended')""",
    "an observation knows its chance where somebody was asked, and only there": """
        SELECT o.item_id FROM routing_observation o
         WHERE (o.inclusion_probability IS NULL) <> NOT EXISTS (SELECT FROM review_review r WHERE r.item_id = o.item_id)
            OR (o.inclusion_probability IS NULL AND o.source <> 'review')""",
    "a second person is asked about a disagreement in the sample, once": """
        SELECT o.item_id FROM routing_observation o
          LEFT JOIN review_review r ON r.item_id = o.item_id AND r.kind = 'adjudication'
         WHERE (o.asked_again_at IS NULL) <> (r.id IS NULL) OR (r.id IS NOT NULL AND o.source <> 'calibration')
            OR (SELECT count(*) FROM review_review a WHERE a.item_id = o.item_id AND a.kind = 'adjudication') > 1""",
    "an adjudication settles its disagreement, by somebody who had not answered": """
        SELECT r.id FROM review_review r JOIN routing_observation o ON o.item_id = r.item_id
          LEFT JOIN review_decision d ON d.id = r.decision_id
          JOIN review_review f ON f.item_id = r.item_id AND f.kind = 'calibration'
         WHERE r.kind = 'adjudication' AND (
               (r.state = 'decided') <> (o.wrong IS NOT NULL AND o.closed_at IS NOT NULL)
            OR (r.state = 'decided') = (o.closed_at IS NULL)
            OR (r.state = 'decided' AND d.label IS DISTINCT FROM o.label)
            OR (r.state IN ('leased', 'decided') AND r.holder_id = f.holder_id))""",
    "what is drawn and withdrawn is settled": """
        SELECT d.item_id FROM routing_routingdecision d JOIN review_item i ON i.id = d.item_id AND i.attempts = d.attempt
         WHERE i.state = 'withdrawn' AND d.drawn AND d.mode = 'live' AND NOT EXISTS (
            SELECT FROM routing_observation o WHERE o.item_id = d.item_id AND o.closed_at IS NOT NULL)""",
    "an item's stream is gapless and counted on its row": """
        SELECT i.id FROM review_item i LEFT JOIN governance_auditevent e ON e.stream_id = i.id AND e.stream_kind = 'item'
         GROUP BY i.id, i.event_count
        HAVING count(e.id) <> i.event_count OR min(e.stream_seq) <> 1 OR max(e.stream_seq) <> i.event_count
            OR count(DISTINCT e.stream_seq) <> i.event_count""",
    "every other stream is gapless and counted in its counter": """
        SELECT e.stream_id FROM governance_auditevent e
          LEFT JOIN governance_auditstream s ON s.kind = e.stream_kind AND s.stream_id = e.stream_id
         WHERE e.stream_kind <> 'item'
         GROUP BY e.stream_id, e.stream_kind, s.last_seq
        HAVING s.last_seq IS NULL OR count(*) <> s.last_seq OR max(e.stream_seq) <> s.last_seq OR min(e.stream_seq) <> 1
            OR count(DISTINCT e.stream_seq) <> s.last_seq""",
    "every answer and every claim has its event": """
        SELECT i.id FROM review_item i
         WHERE (SELECT count(*) FROM review_decision d WHERE d.item_id = i.id) <> (
                SELECT count(*) FROM governance_auditevent e WHERE e.stream_id = i.id AND e.action = 'decision.made')
            OR (SELECT coalesce(sum(r.fence), 0) FROM review_review r WHERE r.item_id = i.id) <> (
                SELECT count(*) FROM governance_auditevent e WHERE e.stream_id = i.id AND e.action IN (
                    'review.claimed', 'review.released', 'review.expired', 'review.skipped', 'review.escalated', 'review.snoozed',
                    'review.taken_back', 'decision.undone'))
             + (SELECT count(*) FROM review_review r WHERE r.item_id = i.id AND r.state = 'cancelled')""",
}


def broken() -> dict[str, list[str]]:
    """Return what does not hold in the entered workspace, with the ids of the rows that break it."""
    found = {}
    for rule, sql in _BROKEN.items():
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows = [str(row[0]) for row in cursor.fetchall()]
        if rows:
            found[rule] = rows
    forged = unproven()
    return found | ({"every event is what was committed to": forged} if forged else {})


def unproven() -> list[str]:
    """Return the events whose body is not the canonical, declared one that their header is committed to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.action, e.commitment, p.salt, p.body FROM governance_auditevent e"
            " LEFT JOIN governance_auditpayload p ON p.event_id = e.id",
        )
        rows = cursor.fetchall()
    return [str(event_id) for event_id, action, *proof in rows if not _is_proven(action, *proof)]


def _is_proven(action: str, commitment: bytes, salt: bytes, body: bytes) -> bool:
    raw = bytes(body)
    data = json.loads(raw)
    return (
        hashlib.sha256(bytes(salt) + raw).digest() == bytes(commitment)
        and len(bytes(salt)) >= 16
        and strict_json.canonical(data) == raw
        and data.keys() <= action_named(action).keys
    )

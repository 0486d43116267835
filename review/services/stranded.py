"""Giving reviews back to everybody that were given to a person who may no longer work their queue."""

from governance.domain import Actor
from governance.services import audit
from governance.statements import fetch
from review.domain import actions
from review.services.lock_order import ITEMS_IN_ORDER_SQL

# Whoever has been given the review in the meantime keeps it: the person is compared anew under the lock.
_FREE_SQL = f"""
WITH stranded AS MATERIALIZED (
    SELECT r.id, r.item_id
      FROM review_review r JOIN aios_stranded_reviews() s ON s.review_id = r.id AND s.person = r.assigned_to
     WHERE r.state = 'open'
     ORDER BY r.id FOR UPDATE OF r SKIP LOCKED LIMIT %(batch)s::int
), {ITEMS_IN_ORDER_SQL.format(part="stranded")}, freed AS (
    UPDATE review_review r SET assigned_to = NULL FROM stranded WHERE r.id = stranded.id
    RETURNING r.id, r.item_id
), counted AS (
    UPDATE review_item i SET event_count = i.event_count + 1
      FROM (SELECT DISTINCT ON (item_id) item_id, id FROM freed ORDER BY item_id, id) one
      JOIN in_order ON in_order.id = one.item_id
     WHERE i.id = in_order.id
    RETURNING i.id, i.event_count, one.id AS review_id
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.REVIEW_ASSIGNED}' AS action,
           NULL::timestamptz AS occurred_at, convert_to('{{"person":null,"review":"' || review_id || '"}}', 'UTF8') AS body
      FROM counted
), {audit.APPEND_SQL}
SELECT id FROM counted"""  # noqa: S608 - composed of constants


def free_stranded(*, actor: Actor, batch: int) -> int:
    """Give such reviews of the entered workspace back to everybody; return how many."""
    return len(fetch(_FREE_SQL, audit.parameters(actor) | {"batch": batch}))

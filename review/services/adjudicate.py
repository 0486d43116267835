"""Asking a second person where the first and the model disagree in the calibration sample, before anything counts as an error."""

from governance.domain import Actor, uuid7
from governance.services import audit
from governance.statements import fetch
from review.domain import actions
from review.services.lock_order import ITEMS_IN_ORDER_SQL
from routing.selectors.disputes import UNASKED_SQL
from routing.services.observations import ASK_AGAIN_SQL

# Once the first answer can't be undone any more and the item has left. It comes into the queue of the first review, as
# urgent as that was; claiming hands nobody an item that they have answered already.
_OPEN_SQL = f"""
WITH due AS MATERIALIZED (
    SELECT r.id AS first_id, r.item_id, r.queue_id, r.priority, q.sla_s, q.step_s
      FROM {UNASKED_SQL} o
      JOIN review_review r ON r.item_id = o.item_id AND r.kind = 'calibration' AND r.state = 'decided'
      JOIN review_decision d ON d.id = r.decision_id
      JOIN review_queue q ON q.id = r.queue_id
      JOIN review_item i ON i.id = o.item_id AND i.state = 'resolved'
     WHERE d.recorded_at + make_interval(secs => q.undo_window_s) <= statement_timestamp()
     ORDER BY r.id
       FOR UPDATE OF r SKIP LOCKED
     LIMIT %(batch)s::int
), {ITEMS_IN_ORDER_SQL.format(part="due")}, {ASK_AGAIN_SQL}, counted AS (
    UPDATE review_item i SET event_count = i.event_count + 1 FROM asked WHERE i.id = asked.item_id
    RETURNING i.id, i.event_count
), placed AS (
    SELECT due.*, counted.event_count, (%(ids)s::uuid[])[row_number() OVER (ORDER BY due.item_id)] AS id,
           now() + make_interval(secs => due.sla_s) AS due_at
      FROM counted JOIN due ON due.item_id = counted.id
), reviews AS (
    INSERT INTO review_review (id, workspace_id, item_id, queue_id, kind, round, slot, priority, due_at, rank_at, state, fence,
                               attempts, skipped_by, occurred_at)
    SELECT id, %(audit_workspace)s::uuid, item_id, queue_id, 'adjudication', 2, 1, priority, due_at,
           due_at - make_interval(secs => priority * step_s), 'open', 0, 0, '{{}}', now()
      FROM placed
), events AS (
    SELECT 'item' AS stream_kind, item_id AS stream_id, event_count AS stream_seq, '{actions.ADJUDICATION_OPENED}' AS action,
           NULL::timestamptz AS occurred_at, convert_to('{{"review":"' || id || '"}}', 'UTF8') AS body
      FROM placed
), {audit.APPEND_SQL}
SELECT id FROM placed"""  # noqa: S608 - composed of constants


def open_adjudications(*, actor: Actor, batch: int = 500) -> int:
    """Open a review of another person for each unsettled disagreement that has none, in the caller's transaction; return how many."""
    ids = [uuid7() for _number in range(batch)]
    return len(fetch(_OPEN_SQL, audit.parameters(actor) | {"batch": batch, "ids": ids}))

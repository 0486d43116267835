"""Items that a worker took and did not answer: received again under a new fence, or dead after too many losses.

A lost worker says nothing of the model, so a loss does not count against the workflow's attempts. It has a limit of its
own, and with each loss fewer items are claimed together (`review/domain/losses.py`).
"""

from django.db import transaction

from governance.domain import Actor
from governance.selectors.scope import enter_workspace
from governance.services import audit
from governance.statements import fetch
from review.domain import actions
from review.domain.losses import MOST_LOSSES, LossCause
from review.selectors.waiting import NOTIFY_SQL
from review.services.received import STILL_HELD_SQL, Held, held_parameters

_EXPIRED_SQL = """
SELECT id, attempts, losses FROM review_item WHERE state = 'predicting' AND lease_until < now()
 ORDER BY lease_until FOR UPDATE SKIP LOCKED LIMIT %(batch)s::int"""

_LOSE_SQL = f"""
WITH stuck AS MATERIALIZED ({{stuck}}), moved AS (
    UPDATE review_item i
       SET state = CASE WHEN stuck.losses + 1 >= {MOST_LOSSES} THEN 'dead' ELSE 'received' END,
           failure = CASE WHEN stuck.losses + 1 >= {MOST_LOSSES} THEN %(failure)s::text ELSE '' END,
           died_at = CASE WHEN stuck.losses + 1 >= {MOST_LOSSES} THEN now() END,
           fence = i.fence + 1, lease_until = NULL, losses = i.losses + 1, attempts_forgiven = i.attempts_forgiven + 1,
           last_error = %(error)s::text, available_at = now(), event_count = i.event_count + 1
      FROM stuck WHERE i.id = stuck.id
    RETURNING i.id, i.event_count, i.attempts, i.state, i.waited_until
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq,
           CASE WHEN state = 'dead' THEN '{actions.ITEM_DIED}' ELSE '{actions.ITEM_POSTPONED}' END AS action,
           NULL::timestamptz AS occurred_at,
           convert_to('{{{{"attempt":' || attempts || ',"failure":"' || %(failure)s::text || '"}}}}', 'UTF8') AS body
      FROM moved
), {audit.APPEND_SQL}
SELECT id, {NOTIFY_SQL} FROM moved"""  # noqa: S608 - composed of constants
_LOSE_EXPIRED_SQL = _LOSE_SQL.format(stuck=_EXPIRED_SQL)
_LOSE_HELD_SQL = _LOSE_SQL.format(stuck=STILL_HELD_SQL)

_STOPPED = "the worker stopped in the middle of the prediction"


def free_expired(*, actor: Actor, batch: int) -> int:
    """Free items whose worker has not come back in time, in the caller's transaction; return how many."""
    facts = {"batch": batch, "failure": LossCause.WORKER_LOST.value, "error": f"{LossCause.WORKER_LOST}: {_STOPPED}"}
    return len(fetch(_LOSE_EXPIRED_SQL, audit.parameters(actor) | facts))


def lose(*, actor: Actor, rows: Held, cause: LossCause, detail: str) -> int:
    """Free at once what a worker holds and can't finish; return how many items."""
    facts = held_parameters(rows) | {"failure": cause.value, "error": told(cause, detail)}
    with transaction.atomic():
        enter_workspace(actor.workspace_id)
        return len(fetch(_LOSE_HELD_SQL, audit.parameters(actor) | facts))


def told(code: str, detail: str) -> str:
    """Return a failure as an item keeps it: one line that a column takes, without the row that a database may quote."""
    line = (detail.strip().splitlines() or [""])[0].replace("\x00", "").encode(errors="replace").decode()
    return f"{code}: {line}"[:300]

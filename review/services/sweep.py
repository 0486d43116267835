"""Finding what time has overtaken: leases that ran out, windows that closed, what got stuck, answers that want a second one."""

from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction

from governance import failpoints, metrics, wakeups
from governance.domain import Actor, system_actor
from governance.selectors.scope import enter_workspace
from governance.services import audit
from governance.statements import fetch
from review.domain import actions
from review.selectors.waiting import NOTIFY_SQL
from review.services.adjudicate import open_adjudications
from review.services.intake import PREDICT_TASK
from review.services.losses import free_expired
from review.services.reopen import expire_leases
from review.services.stranded import free_stranded

log = structlog.get_logger(__name__)

BATCH = 500

_RESOLVE_SQL = f"""
WITH due AS MATERIALIZED (
    SELECT id FROM review_item WHERE state = 'held' AND available_at <= now()
     ORDER BY available_at FOR UPDATE SKIP LOCKED LIMIT %(batch)s::int
), moved AS (
    UPDATE review_item i SET state = 'resolved', event_count = i.event_count + 1 FROM due WHERE i.id = due.id
    RETURNING i.id, i.event_count, i.outcome_id, i.state, i.waited_until
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.ITEM_RESOLVED}' AS action,
           NULL::timestamptz AS occurred_at, convert_to('{{"outcome":"' || outcome_id || '"}}', 'UTF8') AS body
      FROM moved
), {audit.APPEND_SQL}
SELECT id, {NOTIFY_SQL} FROM moved"""  # noqa: S608 - composed of constants


def sweep_once() -> int:
    """Do everything that is due, each workspace and step in a transaction of its own; return how many rows moved.

    What fails in one workspace is logged and stops no other; a lost connection is the caller's to mend.
    """
    with transaction.atomic():
        workspaces: list[UUID] = [row["id"] for row in fetch("SELECT aios_due_workspaces() AS id", {})]
    moved = 0
    for workspace_id in workspaces:
        try:
            moved += sweep_workspace(workspace_id)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("sweep_failed", workspace=str(workspace_id))
    announce_received()
    return moved


def sweep_workspace(workspace_id: UUID) -> int:
    """Sweep one workspace until its batches are no longer full; return how many rows moved."""
    actor = system_actor(workspace_id)
    total = 0
    steps = {"leases": _expire, "held": _resolve, "stuck": _free, "stranded": _unassign, "disputes": _adjudicate}
    for name, step in steps.items():
        while True:
            with transaction.atomic():
                enter_workspace(workspace_id)
                moved = step(actor)
            if moved:
                failpoints.reach("sweep.step")
            metrics.SWEPT.labels(name).inc(moved)
            total += moved
            if moved < BATCH:
                break
    return total


def announce_received() -> None:
    """Wake workers for every workflow with items waiting: the guarantee behind the hints that intake sends."""
    with transaction.atomic():
        waiting = fetch("SELECT * FROM aios_due_workflows()", {})
    for row in waiting:
        wakeups.announce_now(
            PREDICT_TASK,
            workspace_id=str(row["workspace_id"]),
            workflow_id=str(row["workflow_id"]),
        )


def _expire(actor: Actor) -> int:
    return expire_leases(actor=actor, batch=BATCH)


def _resolve(actor: Actor) -> int:
    return len(fetch(_RESOLVE_SQL, audit.parameters(actor) | {"batch": BATCH}))


def _free(actor: Actor) -> int:
    return free_expired(actor=actor, batch=BATCH)


def _unassign(actor: Actor) -> int:
    return free_stranded(actor=actor, batch=BATCH)


def _adjudicate(actor: Actor) -> int:
    return open_adjudications(actor=actor, batch=BATCH)

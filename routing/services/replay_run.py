"""Carrying a replay out: items are read page by page, each in a transaction of its own, and nothing is kept of them but sums and flips.

Whoever carries one out says so with every page (`heartbeat_at`). The time written last is their fence: once another worker has taken over,
they change nothing more. Whoever was silent for a minute is taken for dead, and the replay begins anew elsewhere.
"""

import time
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import structlog
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from governance import stopping, strict_json, wakeups
from governance.domain import system_actor
from governance.selectors.scope import enter_workspace
from governance.services import audit
from governance.statements import fetch, fetch_one
from routing import actions
from routing.domain.columns import ByteColumn
from routing.domain.comparison import Comparison
from routing.domain.flips import pack
from routing.domain.policy import Policy, PolicyInvalid, parse_policy
from routing.domain.replay import dispositions, unknown_fields
from routing.models import Replay
from routing.selectors.answers import answers_since
from routing.selectors.assumptions import stored_assumptions
from routing.selectors.human_error import human_error
from routing.selectors.open_days import Days, is_on, open_days
from routing.selectors.page_scope import page_scope
from routing.selectors.scored import PAGE_ITEMS, count_scored, last_decision, pages
from routing.selectors.scored_page import Bounds, Page
from routing.selectors.withheld import withheld_items
from routing.services.replay import REPLAY_TASK, SILENT_S
from routing.services.replay_result import Ground, result_of
from routing.services.rows import labels_in_force

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
# Well within the time that Celery leaves a task.
LONGEST_S = 200

TOO_LONG = gettext_noop("It took too long. Choose a shorter period.")
GAVE_UP = gettext_noop("It was begun three times and finished not once. Choose a shorter period.")
NOT_A_POLICY = gettext_noop("The policy can't be read any more.")

# While it runs, `result` counts the attempts.
_CLAIM_SQL = f"""
UPDATE routing_replay
   SET state = 'running', heartbeat_at = clock_timestamp(), replayed = 0, total = 0,
       result = jsonb_build_object('attempt', coalesce((result ->> 'attempt')::int, 0) + 1)
 WHERE id = %(id)s::uuid
   AND (state = 'waiting' OR (state = 'running' AND heartbeat_at < clock_timestamp() - interval '{SILENT_S} s'))
RETURNING heartbeat_at, (result ->> 'attempt')::int AS attempt"""  # noqa: S608 - composed of constants

# Only who wrote the last sign of life may change it.
_BEAT_SQL = """
UPDATE routing_replay SET heartbeat_at = clock_timestamp(), total = %(total)s::int, replayed = %(replayed)s::int
 WHERE id = %(id)s::uuid AND state = 'running' AND heartbeat_at = %(heartbeat)s::timestamptz
RETURNING heartbeat_at"""

_HAND_BACK_SQL = """
UPDATE routing_replay
   SET state = 'waiting', heartbeat_at = NULL, result = jsonb_build_object('attempt', (result ->> 'attempt')::int - 1)
 WHERE id = %(id)s::uuid AND state = 'running' AND heartbeat_at = %(heartbeat)s::timestamptz"""

_DONE_SQL = """
UPDATE routing_replay
   SET state = 'done', result = %(result)s::text::jsonb, flips = %(flips)s::bytea, total = %(items)s::int,
       replayed = %(items)s::int, finished_at = clock_timestamp()
 WHERE id = %(id)s::uuid AND state = 'running' AND heartbeat_at = %(heartbeat)s::timestamptz
RETURNING id"""

_FAILED_SQL = """
UPDATE routing_replay SET state = 'failed', problem = %(problem)s::text, result = '{}', finished_at = clock_timestamp()
 WHERE id = %(id)s::uuid AND state = 'running' AND heartbeat_at = %(heartbeat)s::timestamptz
RETURNING id"""


class _TakenOverError(Exception):
    """Another worker has the replay now."""


def run_replay(*, workspace_id: UUID, replay_id: UUID, most: int = PAGE_ITEMS) -> bool:
    """Carry a replay out that nobody is carrying out; tell whether it was done here.

    A worker that is to stop hands it back and wakes another. What fails for a reason of its own is failed with a sentence; anything else
    is raised, and the replay begins anew once its worker has been silent for a minute.
    """
    run = _claimed(workspace_id, replay_id)
    if run is None:
        return False
    try:
        return run.carry_out(most)
    except PolicyInvalid:
        run.fail(NOT_A_POLICY)
    except _TakenOverError:
        log.warning("replay_taken_over", replay=str(replay_id))
    except stopping.Interrupted:
        if not connection.in_atomic_block:
            connection.close()
        run.hand_back()
        raise
    return False


def _claimed(workspace_id: UUID, replay_id: UUID) -> "_Run | None":
    with transaction.atomic():
        enter_workspace(workspace_id)
        row = fetch_one(_CLAIM_SQL, {"id": replay_id})
        if row is None:
            return None
        replay_row = Replay.objects.select_related("base_version", "workflow__contract").get(id=replay_id)
        return _Run(replay_row, attempt=row["attempt"], heartbeat=row["heartbeat_at"])


class _Run:
    """One worker's attempt at a replay; reads what it needs inside the claiming transaction."""

    def __init__(self, row: Replay, *, attempt: int, heartbeat: Any) -> None:
        self._row, self._attempt, self._heartbeat = row, attempt, heartbeat
        self._actor = system_actor(row.workspace_id)
        self._bounds = Bounds(row.workflow_id, row.from_at, row.until_at, last_decision())
        self._total = count_scored(self._bounds)
        stored = stored_assumptions(row.workflow_id)
        measured = human_error(row.workflow_id).share
        error = stored.human_error if stored.human_error is not None else measured
        self._ground = Ground(stored, error or 0.0, row.workflow.draw_rate, fields=())
        self._labels = labels_in_force(row.workflow)
        self._comparison = Comparison()
        self._models: Counter[UUID | None] = Counter()
        self._open_days: Days = np.zeros(0, dtype=np.int64)

    def carry_out(self, most: int) -> bool:
        """Read all pages and store what they come to; False where it could not be finished."""
        if self._attempt > MOST_ATTEMPTS:
            return self.fail(GAVE_UP)
        started = time.monotonic()
        draft = parse_policy(self._row.body)
        base = parse_policy(self._row.base_version.body) if self._row.base_version else None
        replayed = 0
        last: Page | None = None
        self._beat(replayed)
        workspace_id, workflow_id = self._row.workspace_id, self._row.workflow_id
        with page_scope(workspace_id):
            # Before the answers: what is settled meanwhile is left out, and no item is in by half.
            withheld = withheld_items(workflow_id)
            self._open_days = open_days(workflow_id, since=self._row.from_at, until=self._row.until_at)
        answers = answers_since(workflow_id, self._row.from_at, workspace_id=workspace_id)
        for last in pages(self._bounds, answers, workspace_id=workspace_id, most=most, withheld=withheld):
            self._compare(last, draft, base)
            replayed = self._comparison.items
            self._beat(replayed)
            if stopping.is_requested():
                return self.hand_back()
            if time.monotonic() - started > LONGEST_S:
                return self.fail(TOO_LONG)
        columns = None if last is None else last.looked.columns
        result = result_of(
            self._comparison,
            ground=replace(self._ground, fields=draft.fields),
            labels=tuple(dict.fromkeys((*(() if columns is None else columns.labels), *self._labels))),
            segments=() if columns is None else columns.segments,
            models=self._models.most_common(),
        )
        result |= {"left_out": 0 if last is None else last.left_out, "open_days": len(self._open_days)}
        self._store(result | {"seconds": round(time.monotonic() - started, 2)})
        return True

    def hand_back(self) -> bool:
        """Let another worker begin anew, as if this one had never had it."""
        with transaction.atomic():
            enter_workspace(self._row.workspace_id)
            fetch(_HAND_BACK_SQL, self._mine())
            wakeups.announce(REPLAY_TASK, workspace_id=str(self._row.workspace_id), replay_id=str(self._row.id))
        return False

    def fail(self, problem: str) -> bool:
        """End it with a sentence that says what would help."""
        with transaction.atomic():
            enter_workspace(self._row.workspace_id)
            if fetch_one(_FAILED_SQL, self._mine() | {"problem": problem}):
                self._record(actions.REPLAY_FAILED, problem=problem)
        return False

    def _compare(self, page: Page, draft: Policy, base: Policy | None) -> None:
        columns = page.looked.columns
        before: ByteColumn = columns.disposition if base is None else dispositions(columns, base)
        unknown = unknown_fields(page.asked, page.asked_sets, draft)
        tells = ~is_on(columns.at, self._open_days)
        self._comparison.add(page.looked, before, dispositions(columns, draft), unknown=unknown, tells=tells)
        for place, count in enumerate(np.bincount(page.model).tolist()):
            if count:
                self._models[page.models[place]] += count

    def _beat(self, replayed: int) -> None:
        with transaction.atomic():
            enter_workspace(self._row.workspace_id)
            row = fetch_one(_BEAT_SQL, self._mine() | {"total": max(self._total, replayed), "replayed": replayed})
        if row is None:
            raise _TakenOverError
        self._heartbeat = row["heartbeat_at"]

    def _store(self, result: dict[str, Any]) -> None:
        with transaction.atomic():
            enter_workspace(self._row.workspace_id)
            values = {
                "result": strict_json.canonical(result).decode(),
                "flips": pack(self._comparison.flips),
                "items": self._comparison.items,
            }
            if fetch_one(_DONE_SQL, self._mine() | values) is None:
                raise _TakenOverError
            flips = {name: result[name] for name in ("to_auto", "to_people", "to_escalate")}
            self._record(actions.REPLAY_FINISHED, items=result["items"], **flips)

    def _mine(self) -> dict[str, Any]:
        return {"id": self._row.id, "heartbeat": self._heartbeat}

    def _record(self, action: str, **data: Any) -> None:
        audit.record(
            actor=self._actor,
            action=action,
            stream=("workflow", self._row.workflow_id),
            data={"replay": str(self._row.id), **data},
        )

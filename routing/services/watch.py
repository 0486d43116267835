"""The watch over every workflow: drift, windows of the sample, error budgets and staged versions, in this order."""

from collections.abc import Callable, Iterator
from uuid import UUID

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction

from governance import stopping
from governance.domain import Actor, system_actor
from governance.selectors.scope import enter_workspace
from governance.statements import fetch
from routing.selectors.workflows import WorkflowFacts, workflow_by_id
from routing.services.budget_watch import evaluate_budgets
from routing.services.certificates import close_windows
from routing.services.drift import look_for_drift
from routing.services.releases import tend_proposals

log = structlog.get_logger(__name__)

Step = Callable[..., object]

# A step that says true has more to do. Windows of drift come one a transaction; what a minute leaves, the next takes up.
STEPS: tuple[tuple[str, Step], ...] = (
    ("drift", look_for_drift),
    ("windows", close_windows),
    ("budgets", evaluate_budgets),
    ("proposals", tend_proposals),
)
_MOST_TURNS = 400

_ALL_SQL = "SELECT workspace_id, workflow_id FROM aios_watched_workflows()"
_TRY_SQL = "SELECT pg_try_advisory_xact_lock(hashtextextended('watch:' || %(workflow)s::uuid::text, 0)) AS is_ours"


def watch_all() -> int:
    """Watch every active workflow of every workspace; return how many. What fails in one is logged and stops no other."""
    with transaction.atomic():
        found = fetch(_ALL_SQL, {})
    watched = 0
    for row in found:
        if stopping.is_requested():
            break
        watch_workflow(workspace_id=row["workspace_id"], workflow_id=row["workflow_id"])
        watched += 1
    return watched


def watch_workflow(*, workspace_id: UUID, workflow_id: UUID) -> None:
    """Do everything that is due of one workflow; a step that fails is logged and keeps no later one from its turn.

    Each turn of a step is a transaction of its own, under a lock that only one watch of the workflow gets: another that comes
    meanwhile leaves the work to the first.
    """
    for name, step in STEPS:
        try:
            for _turn in _turns(workspace_id, workflow_id, step):
                if stopping.is_requested():
                    return
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("watch_failed", step=name, workspace=str(workspace_id), workflow=str(workflow_id))
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()


def _turns(workspace_id: UUID, workflow_id: UUID, step: Step) -> Iterator[None]:
    for _turn in range(_MOST_TURNS):
        with transaction.atomic():
            enter_workspace(workspace_id)
            has_more = _is_ours(workflow_id) and _take(system_actor(workspace_id), workflow_id, step)
        yield
        if not has_more:
            return


def _is_ours(workflow_id: UUID) -> bool:
    return bool(fetch(_TRY_SQL, {"workflow": workflow_id})[0]["is_ours"])


def _take(actor: Actor, workflow_id: UUID, step: Step) -> bool:
    workflow: WorkflowFacts | None = workflow_by_id(workflow_id)
    if workflow is None or not workflow.is_active:
        return False
    return step(actor=actor, workflow=workflow) is True

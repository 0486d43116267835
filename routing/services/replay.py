"""Asking for a replay: a draft over past items. Workers carry it out, see `routing.services.replay_run`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance import wakeups
from governance.domain import Actor, Capability, ConflictError, InvalidError, NotFoundError, uuid7
from governance.services import audit
from governance.services.rights import require
from governance.statements import fetch, fetch_one
from routing import actions
from routing.models import PolicyVersion, Replay, Workflow
from routing.selectors.proposals import access_version
from routing.selectors.workflows import WorkflowFacts
from routing.services.policies import read_policy
from routing.services.rows import labels_in_force, lock_workflow

REPLAY_TASK = "routing.tasks.run_replay"
MOST_AT_ONCE = 3
LONGEST = timedelta(days=732)
SILENT_S = 60

_UNFINISHED_SQL = """
SELECT count(*) AS unfinished FROM routing_replay
 WHERE workflow_id = %(workflow)s::uuid AND state IN ('waiting', 'running')"""
_STUCK_SQL = "SELECT workspace_id, replay_id FROM aios_stuck_replays(%(silent)s::interval)"


class TooManyReplaysError(ConflictError):
    """The workflow's earlier replays have to end first."""

    code = "too_many_replays"
    title = gettext_noop("Too many replays are running")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be replayed: a body, or a version that there is."""

    body: Any = None
    version_id: UUID | None = None


def start_replay(
    *,
    actor: Actor,
    workflow: Workflow | WorkflowFacts,
    draft: Draft,
    base_id: UUID | None,
    since: datetime,
    until: datetime,
) -> UUID:
    """Ask for a replay of the draft over the items routed in [since, until), and return its id.

    It is held against the version `base_id`; without one, against where the items went at the time.
    """
    until = min(until, timezone.now())
    if since >= until:
        raise InvalidError(_("The period ends before it begins."), extra={"pointer": "/until"})
    if until - since > LONGEST:
        raise InvalidError(_("A replay takes at most two years."), extra={"pointer": "/from"})
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        base = None if base_id is None else _version(locked, base_id)
        # A version that there is may speak of labels that the contract has not any more.
        body = draft.body if draft.version_id is None else _version(locked, draft.version_id).body
        read_policy(body, labels=labels_in_force(locked) if draft.version_id is None else (), queue_keys=None)
        row = fetch_one(_UNFINISHED_SQL, {"workflow": locked.id})
        if row is not None and row["unfinished"] >= MOST_AT_ONCE:
            detail = _("%(count)d replays of “%(name)s” are not finished yet. Ask again when one of them is.")
            raise TooManyReplaysError(detail % {"count": row["unfinished"], "name": locked.name})
        replay_id = uuid7()
        Replay.objects.create(
            id=replay_id,
            workspace_id=locked.workspace_id,
            workflow=locked,
            base_version=base,
            body=body,
            from_at=since,
            until_at=until,
            requested_by_id=actor.pseudonym,
        )
        audit.record(
            actor=actor,
            action=actions.REPLAY_STARTED,
            stream=("workflow", locked.id),
            data={
                "base": str(base.id) if base else None,
                "body": body,
                "from": since.isoformat(),
                "replay": str(replay_id),
                "until": until.isoformat(),
            },
        )
        wakeups.announce(REPLAY_TASK, workspace_id=str(locked.workspace_id), replay_id=str(replay_id))
    return replay_id


def announce_stuck() -> int:
    """Wake workers for replays that wait without one, or whose worker fell silent; return how many."""
    with transaction.atomic():
        rows = fetch(_STUCK_SQL, {"silent": timedelta(seconds=SILENT_S)})
    for row in rows:
        wakeups.announce_now(REPLAY_TASK, workspace_id=str(row["workspace_id"]), replay_id=str(row["replay_id"]))
    return len(rows)


def _version(workflow: Workflow, version_id: UUID) -> PolicyVersion:
    version = access_version(version_id)
    if version.policy.workflow_id != workflow.id:
        raise NotFoundError(_("There is no such policy version."), extra={"policy_version": str(version_id)})
    return version

"""Celery tasks of routing: each calls one service."""

from uuid import UUID

from celery import shared_task

from governance import wakeups
from routing.services import replay, replay_run
from routing.services.watch import watch_all


@shared_task(name="routing.tasks.watch")
def watch() -> None:
    """Look after every workflow's drift, sample, budgets and releases."""
    watch_all()


@shared_task(name=replay.REPLAY_TASK)
def run_replay(workspace_id: str, replay_id: str) -> None:
    """Carry a replay out."""
    wakeups.accept(replay.REPLAY_TASK, workspace_id=workspace_id, replay_id=replay_id)
    replay_run.run_replay(workspace_id=UUID(workspace_id), replay_id=UUID(replay_id))


@shared_task(name="routing.tasks.announce_replays")
def announce_replays() -> None:
    """Wake workers for replays that nobody carries out."""
    replay.announce_stuck()

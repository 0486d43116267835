"""Asking for a replay and carrying it out."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from routing.models import Replay
from routing.services.replay import Draft, start_replay
from routing.services.replay_run import run_replay
from tests.conftest import House

LAXER = {"default_threshold": 0.4, "queue": "triage"}
STRICTER = {"default_threshold": 0.95, "queue": "triage"}


def ask(house: House, body: dict[str, Any], *, base: str = "active", **over: Any) -> UUID:
    base_id = house.workflow.policy_version_id if base == "active" else None
    period = {"since": timezone.now() - timedelta(days=30), "until": timezone.now() + timedelta(minutes=1)}
    return start_replay(
        actor=house.actor(house.owner),
        workflow=house.workflow,
        draft=Draft(body=body),
        base_id=base_id,
        **(period | over),
    )


def replayed(house: House, body: dict[str, Any], **options: Any) -> Replay:
    most = options.pop("most", 50_000)
    replay_id = ask(house, body, **options)
    assert run_replay(workspace_id=house.workspace.id, replay_id=replay_id, most=most)
    house.enter()
    return Replay.objects.get(id=replay_id)

"""How a replay is asked for, carried out by one worker at a time, and ended."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from governance import stopping
from governance.domain import ForbiddenError, InvalidError, NotFoundError, uuid7
from governance.models import AuditEvent
from routing.domain.flips import pack, unpack
from routing.models import Replay
from routing.selectors.replays import access_replay, flips_of
from routing.services import replay_run
from routing.services.replay import Draft, TooManyReplaysError, announce_stuck, start_replay
from routing.services.replay_run import run_replay
from routing.services.rows import ConfigurationError
from tests.conftest import House
from tests.routing.services.replaying import LAXER, ask, replayed


def test_start_and_end_stand_in_the_trail(mixed: House) -> None:
    found = replayed(mixed, LAXER)
    events = AuditEvent.objects.filter(action__startswith="replay.").order_by("id")
    assert [event.action for event in events] == ["replay.started", "replay.finished"]
    assert {event.stream_id for event in events} == {mixed.workflow.id}
    assert access_replay(found.id).requested_by == mixed.owner.name


def test_a_fourth_replay_waits_for_the_first_three(house: House) -> None:
    for _each in range(3):
        ask(house, LAXER)
    with pytest.raises(TooManyReplaysError), transaction.atomic():
        ask(house, LAXER)


def test_a_replay_of_something_else_is_refused(house: House) -> None:
    day = {"since": timezone.now() - timedelta(days=1), "until": timezone.now()}
    lead, owner = house.actor(house.lead), house.actor(house.owner)
    with pytest.raises(ForbiddenError), transaction.atomic():
        start_replay(actor=lead, workflow=house.workflow, draft=Draft(body=LAXER), base_id=None, **day)
    with pytest.raises(InvalidError), transaction.atomic():
        ask(house, LAXER, since=timezone.now() - timedelta(days=1000))
    with pytest.raises(ConfigurationError), transaction.atomic():
        ask(house, {"default_threshold": 0.5})
    with pytest.raises(NotFoundError), transaction.atomic():
        start_replay(actor=owner, workflow=house.workflow, draft=Draft(version_id=uuid7()), base_id=None, **day)


def silence(replay_id: UUID, **changes: Any) -> None:
    """Let its worker have been silent for two minutes."""
    Replay.objects.filter(id=replay_id).update(heartbeat_at=timezone.now() - timedelta(minutes=2), **changes)


def test_nobody_takes_a_replay_over_whose_worker_is_alive(house: House) -> None:
    replay_id = ask(house, LAXER)
    Replay.objects.filter(id=replay_id).update(state="running", heartbeat_at=timezone.now())
    assert not run_replay(workspace_id=house.workspace.id, replay_id=replay_id)


def test_a_replay_whose_worker_died_begins_anew(mixed: House) -> None:
    replay_id = ask(mixed, LAXER)
    silence(replay_id, state="running", replayed=4, result={"attempt": 1})
    assert run_replay(workspace_id=mixed.workspace.id, replay_id=replay_id)
    mixed.enter()
    assert Replay.objects.get(id=replay_id).result["items"] == 6


def test_a_replay_that_kills_its_workers_ends(mixed: House) -> None:
    replay_id = ask(mixed, LAXER)
    silence(replay_id, state="running", result={"attempt": 3})
    assert not run_replay(workspace_id=mixed.workspace.id, replay_id=replay_id)
    mixed.enter()
    found = Replay.objects.get(id=replay_id)
    assert (found.state, found.result) == ("failed", {})
    assert "three times" in found.problem
    assert AuditEvent.objects.filter(action="replay.failed").exists()


def test_a_worker_that_was_taken_for_dead_changes_nothing_more(mixed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    replay_id = ask(mixed, LAXER)
    real = replay_run.pages

    def interrupted(*args: Any, **options: Any) -> Iterator[Any]:
        for page in real(*args, **options):
            silence(replay_id)
            yield page

    monkeypatch.setattr(replay_run, "pages", interrupted)
    assert not run_replay(workspace_id=mixed.workspace.id, replay_id=replay_id)
    mixed.enter()
    assert Replay.objects.get(id=replay_id).state == "running"
    monkeypatch.setattr(replay_run, "pages", real)
    assert run_replay(workspace_id=mixed.workspace.id, replay_id=replay_id)


def test_a_worker_that_is_told_to_stop_hands_the_replay_back(mixed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    replay_id = ask(mixed, LAXER)
    monkeypatch.setattr(stopping, "is_requested", lambda: True)
    assert not run_replay(workspace_id=mixed.workspace.id, replay_id=replay_id)
    monkeypatch.undo()
    mixed.enter()
    assert (Replay.objects.get(id=replay_id).state, Replay.objects.get(id=replay_id).result) == (
        "waiting",
        {"attempt": 0},
    )
    assert run_replay(workspace_id=mixed.workspace.id, replay_id=replay_id)


def test_replays_without_a_worker_are_announced_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("governance.wakeups.announce_now", lambda _task, **named: told.append(named["replay_id"]))
    waiting = Replay.objects.get(id=ask(house, LAXER))
    assert announce_stuck() == 0
    Replay.objects.update(requested_at=timezone.now() - timedelta(minutes=1))
    assert announce_stuck() == 1
    Replay.objects.update(state="running", heartbeat_at=timezone.now())
    assert announce_stuck() == 0
    silence(waiting.id)
    assert announce_stuck() == 1
    assert told == [str(waiting.id)] * 2


def test_flips_are_packed_and_unpacked(mixed: House) -> None:
    flips = flips_of(replayed(mixed, LAXER).id)
    again = unpack(pack(flips))
    assert again.ids.tolist() == flips.ids.tolist()
    assert [again.label.tolist(), again.segment.tolist(), again.way.tolist(), again.answer.tolist()] == [
        flips.label.tolist(),
        flips.segment.tolist(),
        flips.way.tolist(),
        flips.answer.tolist(),
    ]
    assert len(unpack(b"")) == 0
    with pytest.raises(ValueError, match="no flips"):
        unpack(b"something else")

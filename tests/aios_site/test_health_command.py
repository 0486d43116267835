"""`manage.py health`: an exit code from the age of heartbeats."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.models import Heartbeat
from governance.services.heartbeats import beat


def health(of: str, *options: str) -> str:
    output = StringIO()
    call_command("health", "--of", of, *options, stdout=output)
    return output.getvalue()


def test_a_worker_through_which_the_canary_came_is_healthy(db: None) -> None:
    beat("canary")
    assert health("worker") == "canary: 0 s ago\n"
    assert list(json.loads(health("worker", "--json"))) == ["canary"]


def test_a_loop_that_stands_still_or_never_ran_is_named(db: None) -> None:
    for name in ("sweeper", "ticker", "relay"):
        beat(name)
    Heartbeat.objects.filter(name="relay").update(beat_at=timezone.now() - timedelta(seconds=100))
    with pytest.raises(CommandError, match="relay: 100 s ago, deliverer: not seen yet"):
        health("sweep")

"""The machine, run: the same examples every time, or with AIOS_MODEL_EXAMPLES=2000 more of them and from other seeds."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from governance import wakeups
from review.services import postpone
from tests.review.model.ground import Ground
from tests.review.model.machine import Machine
from tests.review.model.picture import BACKOFF_S

pytestmark = pytest.mark.services

EXAMPLES = int(os.environ.get("AIOS_MODEL_EXAMPLES", "0"))
# What a run must have met to be worth something.
HAPPENS = {
    "claim ok",
    "correct ok",
    "correct stale_fence",
    "undo ok",
    "undo undo_window_closed",
    "withdraw ok",
    "publish something",
    "sweep something",
    "crash in decide ok",
}
MODEL = settings(
    max_examples=EXAMPLES or 20,
    stateful_step_count=int(os.environ.get("AIOS_MODEL_STEPS", "35")),
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def ground(live_db: None) -> Iterator[Ground]:
    """Both workspaces, committed."""
    made = Ground()
    yield made
    made.close()


def test_whatever_happens_in_whatever_order_comes_out_as_pictured(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Delays of seconds would make it matter how long an example takes.
    monkeypatch.setattr(postpone, "_BACKOFF_S", (float(BACKOFF_S),))
    monkeypatch.setattr(wakeups, "announce_now", lambda *_args, **_kwargs: None)
    run_state_machine_as_test(lambda: Machine(ground), settings=MODEL)
    if os.environ.get("AIOS_MODEL_SEEN"):
        print(dict(sorted(ground.seen.items())))
    assert set(ground.seen) >= HAPPENS, "the examples no longer come far enough to show anything"

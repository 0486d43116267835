"""The machine, run: the same examples every time, or with AIOS_MODEL_EXAMPLES=2000 as many, other ones (AIOS_MODEL_SEED too)."""

import os
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from governance import wakeups
from review.services import postpone
from tests.review.model.ground import Ground
from tests.review.model.machine import STEPS, Machine
from tests.review.model.picture import BACKOFF_S, HOLD_S, WINDOW_S
from tests.review.model.steps import take_step

LONGER = int(os.environ.get("AIOS_MODEL_EXAMPLES", "0"))
SEED = int(os.environ.get("AIOS_MODEL_SEED", "0"))
STEPS_EACH = 40
# What the walks must have met to be worth something.
HAPPENS = {
    "accept ok",
    "adjudication ok",
    "amend ok",
    "claim ok",
    "correct ok",
    "correct stale_fence",
    "correct stored",
    "crash in decide ok",
    "crash in undo ok",
    "escalate ok",
    "publish something",
    "release ok",
    "renew ok",
    "skip ok",
    "sweep something",
    "to people ok",
    "undo ok",
    "undo undo_window_closed",
    "withdraw conflict",
    "withdraw ok",
}
MODEL = settings(
    max_examples=LONGER or 8,
    stateful_step_count=STEPS_EACH,
    derandomize=not LONGER,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def ground(live_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """Both workspaces, committed."""
    # Delays of seconds would make it matter how long an example takes.
    monkeypatch.setattr(postpone, "_BACKOFF_S", (float(BACKOFF_S),))
    monkeypatch.setattr(wakeups, "announce_now", lambda *_args, **_kwargs: None)
    made = Ground()
    yield made
    made.close()


def test_whatever_happens_in_whatever_order_comes_out_as_pictured(ground: Ground) -> None:
    class OnGround(Machine):
        def __init__(self) -> None:
            super().__init__(ground)

    run_state_machine_as_test(OnGround, settings=MODEL)


@pytest.mark.services
def test_walks_that_a_dice_chooses_come_out_as_pictured(ground: Ground) -> None:
    for seed in range(SEED, SEED + (LONGER or 14)):
        dice = random.Random(seed)
        machine = Machine(ground)
        machine.begin(
            draw_rate=dice.choice([0.0, 1.0]),
            hold_s=dice.choice([0, 0, HOLD_S]),
            window_s=dice.choice([WINDOW_S, WINDOW_S, 0]),
            waits=dice.choice([False, True]),
        )
        try:
            for _ in range(STEPS_EACH):
                machine.rows_are_as_pictured()
                take_step(machine, STEPS, lambda _label, values, dice=dice: dice.choice(values))
            machine.rows_are_as_pictured()
        except BaseException:
            print(f"\nseed {seed}: {machine.pictures[0].rules}", *machine.told, sep="\n")
            raise
    assert HAPPENS - set(ground.seen) == set(), "the walks no longer come far enough"

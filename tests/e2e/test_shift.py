"""A shift: two hundred decisions by keys alone over a slow network, none lost, none doubled, nothing to be seen in the console."""

import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import OpenAs
from tests.e2e.desk import SEND, Desk, Seen
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

DECISIONS = 200
LATENCY_MS = 300
# Somewhat slower than answers go out one after the other, so that some items are always held ahead, as with a person.
PACE_MS = 400
LABEL_KEYS = "123456"
ROOM_FOR_TIMINGS = "performance.setResourceTimingBufferSize(5000)"
DURATIONS = {
    "next item": "performance.getEntriesByName('aios:next-item').map((entry) => entry.duration)",
    "answer": "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/decide/')).map((entry) => entry.duration)",
}


@dataclass
class Shift:
    """What was pressed: the answer of each item that counts, and how often one was taken back."""

    desk: Desk
    answers: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    taken_back: Counter[str] = field(default_factory=Counter)
    turn: int = 0

    def by_label(self, seen: Seen) -> Seen:
        """Choose a label by its digit and send it."""
        label = self.desk.choose(LABEL_KEYS[self.turn % len(LABEL_KEYS)])
        self.answers[seen.item] = ("", label)
        return self.desk.press(SEND)

    def accept(self, seen: Seen) -> Seen:
        """Accept what is suggested."""
        if not seen.suggested:
            return self.by_label(seen)
        self.answers[seen.item] = ("accept", None)
        return self.desk.press("a")

    def reject(self, seen: Seen) -> Seen:
        """Say that no label applies."""
        self.answers[seen.item] = ("reject", None)
        return self.desk.press("x")

    def look_around(self, seen: Seen) -> Seen:
        """Go to the next item and come back, then answer."""
        ahead = self.desk.press("j")
        back = self.desk.press("k")
        assert (ahead.item != seen.item, back.item) == (True, seen.item)
        return self.by_label(back)

    def change_ones_mind(self, seen: Seen) -> Seen:
        """Reject, take it back, and send a label instead."""
        self.desk.press("x")
        back = self.desk.press("u")
        assert back.item == seen.item
        self.taken_back[seen.item] += 1
        return self.by_label(back)


# Ten turns of a person's hands.
MIX: list[Callable[[Shift, Seen], Seen]] = [
    Shift.accept,
    Shift.by_label,
    Shift.by_label,
    Shift.reject,
    Shift.accept,
    Shift.look_around,
    Shift.by_label,
    Shift.accept,
    Shift.change_ones_mind,
    Shift.by_label,
]


def slow_down(page: Page, latency_ms: int) -> None:
    """Let every answer of the network take so long."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    conditions = {"offline": False, "latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", conditions)


def test_two_hundred_decisions_by_keys_alone(
    product: Product, open_as: OpenAs, record_property: Callable[[str, Any], None]
) -> None:
    page = open_as("reviewer")
    page.add_init_script(ROOM_FOR_TIMINGS)
    desk = Desk(product, page, product.desk("shift", items=DECISIONS + 12))
    seen = desk.open()
    slow_down(page, LATENCY_MS)
    shift = Shift(desk)
    began = page.evaluate("performance.now()")
    for turn in range(DECISIONS):
        shift.turn = turn
        seen = MIX[turn % len(MIX)](shift, seen)
        page.wait_for_timeout(max(1, began + PACE_MS * (turn + 1) - page.evaluate("performance.now()")))
    desk.settle()

    stored = desk.decisions()
    effective = {row["item"]: row for row in stored if row["counts"]}
    assert set(effective) == set(shift.answers)
    assert len(shift.answers) == DECISIONS
    for item, (action, label) in shift.answers.items():
        assert action in ("", effective[item]["action"]), item
        assert label in (None, effective[item]["label"]), item
    beside = Counter(row["item"] for row in stored if not row["counts"])
    assert beside <= shift.taken_back, "an answer was recorded more often than it was sent"

    times = {name: sorted(page.evaluate(script)) for name, script in DURATIONS.items()}
    medians = {name: statistics.median(values) for name, values in times.items()}
    assert len(times["next item"]) >= DECISIONS
    for name, values in times.items():
        record_property(f"{name}, median ms", round(medians[name], 1))
        record_property(f"{name}, p95 ms", round(values[int(len(values) * 0.95)], 1))
    print(
        {name: (round(medians[name], 1), round(values[int(len(values) * 0.95)], 1)) for name, values in times.items()}
    )
    assert medians["answer"] >= LATENCY_MS, "the network was not slow: this run proves nothing"
    assert medians["next item"] < medians["answer"] / 3

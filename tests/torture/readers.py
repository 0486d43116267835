"""Systems that pull the event feed instead of being called, by its cursor, from the beginning to the end of the round."""

import random
import threading
import time
from typing import Any

from tests.torture.caller import Caller
from tests.torture.cast import Cast
from tests.torture.journal import Journal
from tests.torture.plan import Plan


class FeedReader:
    """One reader with one cursor, in one thread."""

    def __init__(self, plan: Plan, cast: Cast, workspace: str, seed: int) -> None:
        member = cast.playing("integrator", workspace)[0]
        journal = Journal(plan.clients / f"reader-{workspace}.jsonl")
        self._plan = plan
        self._workspace = workspace
        self._chance = random.Random(seed)
        self._caller = Caller(plan, journal, f"reader-{workspace}", member.token, random.Random(seed + 1))

    def run(self) -> None:
        """Read until asked to stop."""
        after = 0
        while not self._plan.stop_file.exists():
            limit = self._chance.choice([3, 50, 400])
            answer = self._caller.call(
                "feed",
                "GET",
                f"/api/v1/events/?after={after}&limit={limit}",
                told={"workspace": self._workspace, "after": after},
                keep=_read,
            )
            if answer is not None and answer.is_good:
                after = answer.data["next_after"]
                if answer.data["has_more"]:
                    continue
            time.sleep(self._chance.uniform(0.1, 1.0))


def run_readers(plan: Plan, cast: Cast) -> list[threading.Thread]:
    """Return a thread for the reader of each workspace."""
    readers = [FeedReader(plan, cast, slug, plan.seed * 1000 + 300 + at) for at, slug in enumerate(cast.workspaces)]
    return [threading.Thread(target=reader.run, name="reader") for reader in readers]


def _read(data: dict[str, Any]) -> dict[str, Any]:
    return {"next_after": data["next_after"], "ids": [event["id"] for event in data["events"]]}

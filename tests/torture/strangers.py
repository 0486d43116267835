"""People of one workspace who try the ids of another: to read, and to write with the right fence in hand."""

import random
import time
from typing import Any

from tests.torture.bots import Held, Seen
from tests.torture.caller import Caller
from tests.torture.cast import Cast, Member
from tests.torture.journal import Journal
from tests.torture.plan import Plan


class Stranger:
    """Everybody of one workspace, trying the other's doors, in one thread."""

    def __init__(self, plan: Plan, cast: Cast, workspace: str, seen: Seen, seed: int) -> None:
        self._plan = plan
        self._seen = seen
        self._chance = random.Random(seed)
        journal = Journal(plan.clients / f"strangers-{workspace}.jsonl")
        self._callers = [
            (member, Caller(plan, journal, f"stranger-{member.name}", member.token, random.Random(seed + number)))
            for number, member in enumerate(cast.members)
            if member.workspace == workspace
        ]
        self._other_flows = [flow for flow in cast.flows if flow.workspace != workspace]

    def run(self) -> None:
        """Try one door after another until asked to stop."""
        while not self._plan.stop_file.exists():
            time.sleep(self._chance.uniform(0.3, 0.9))
            if self._seen.reviews:
                held = self._chance.choice(self._seen.reviews[-40:])
                self._try(*self._chance.choice(self._callers), held)

    def _try(self, member: Member, caller: Caller, held: Held) -> None:
        doors: list[tuple[str, str, Any]] = [
            ("GET", f"/api/v1/items/{held.item}/", None),
            ("GET", f"/api/v1/items/{held.item}/trail/", None),
            ("POST", f"/api/v1/items/{held.item}/withdraw/", {}),
            ("POST", f"/api/v1/items/{held.item}/amend/", {"label": "other", "reason_code": "wrong"}),
            ("POST", f"/api/v1/reviews/{held.review}/renew/", {"fence": held.fence}),
            ("POST", f"/api/v1/reviews/{held.review}/release/", {"fence": held.fence}),
            (
                "POST",
                f"/api/v1/reviews/{held.review}/decide/",
                {"fence": held.fence, "action": "correct", "label": "other", "note": f"stranger/{member.name}"},
            ),
        ]
        if self._seen.decisions:
            doors.append(("POST", f"/api/v1/decisions/{self._chance.choice(self._seen.decisions[-40:])}/undo/", {}))
        if self._chance.random() < 0.2:
            # Lists may be asked for; they must hold nothing of the others.
            caller.call("list", "GET", "/api/v1/items/?limit=50", keep=str)
            return
        method, path, body = self._chance.choice(doors)
        caller.call("cross", method, path, body, told={"item": held.item, "review": held.review})

"""Reviewers: most answer, some vanish, answer twice, too late, in two minds, or take their answer back."""

import itertools
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.torture.caller import Answer, Caller
from tests.torture.cast import LABELS, Cast, Member
from tests.torture.journal import Journal
from tests.torture.plan import LEASE_S, UNDO_S, Plan

# Seconds after which a sweep has taken back a lease that ran out.
_SWEPT_S = 7
# Seconds after which an answered item has left its undo window.
AMENDED_AFTER_S = UNDO_S + 6


@dataclass
class Held:
    """A review that a bot holds, or held once."""

    review: str
    fence: int
    item: str
    suggestion: str | None
    due: float = 0.0


@dataclass
class Seen:
    """What this workspace's bots have seen: for strangers to try, and for leads to amend."""

    reviews: list[Held] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    answered: list[tuple[float, str]] = field(default_factory=list)


class Bot:
    """One reviewer, in one thread."""

    def __init__(self, plan: Plan, member: Member, journal: Journal, seen: Seen, seed: int) -> None:
        self._plan = plan
        self._member = member
        self._journal = journal
        self._seen = seen
        self._chance = random.Random(seed)
        self._caller = self._new_caller("")
        self._twin = self._new_caller("-twin")
        self._marks = itertools.count(1)
        self._held: deque[Held] = deque()
        self._late: deque[Held] = deque()

    def run(self) -> None:
        """Work until asked to stop; what is to come too late is then sent at once."""
        while not self._plan.stop_file.exists():
            self._send_late()
            if not self._held:
                self._claim(self._chance.choice([1, 1, 2, 3]))
            if self._held:
                self._work(self._held.popleft())
            if self._member.role == "lead":
                self._amend()
            time.sleep(self._chance.uniform(0.05, 0.35))
        for held in self._late:
            self._decide(held)

    def _claim(self, count: int) -> None:
        answer = self._caller.call("claim", "POST", "/api/v1/claim/", {"count": count}, keep=_leases)
        if answer is not None and answer.is_good:
            self._take(answer.data["reviews"])

    def _take(self, reviews: list[dict[str, Any]]) -> None:
        for review in reviews:
            suggestion = review["suggestion"]["label"] if review["suggestion"] else None
            held = Held(review["id"], review["fence"], review["item"]["id"], suggestion)
            self._held.append(held)
            self._seen.reviews.append(held)

    def _work(self, held: Held) -> None:
        dice = self._chance.random()
        if dice < 0.10:
            return  # vanishes: nobody hears of the review again
        if dice < 0.22:
            held.due = time.monotonic() + LEASE_S + _SWEPT_S * self._chance.uniform(0.3, 1.2)
            self._late.append(held)
            return
        if dice < 0.26:
            self._leave("release", held)
            return
        if dice < 0.31 and not self._leave("renew", held):
            return
        self._answer(held)

    def _answer(self, held: Held) -> None:
        dice = self._chance.random()
        if dice < 0.10:
            self._decide_twice(held)
        elif dice < 0.14:
            self._decide(held, self._body(held, "skip"))
        elif dice < 0.17:
            self._decide(held, self._body(held, "escalate"))
        else:
            answer = self._decide(held, self._body(held) | {"claim_next": self._chance.choice([0, 0, 1, 2])})
            if answer is not None and answer.is_good:
                self._take(answer.data["next"])
                self._look_back(held, answer.data["decision"])

    def _look_back(self, held: Held, decision: dict[str, Any] | None) -> None:
        if decision is None:
            return
        self._seen.decisions.append(decision["id"])
        dice = self._chance.random()
        if dice < 0.08:
            told = {"decision": decision["id"], "review": held.review}
            path = f"/api/v1/decisions/{decision['id']}/undo/"
            answer = self._caller.call("undo", "POST", path, {}, told=told, keep=lambda data: _lease(data["review"]))
            if answer is not None and answer.is_good:
                self._take([answer.data["review"]])
            return
        if dice < 0.14:
            self._decide(held)  # in two minds: another answer under the same fence
        self._seen.answered.append((time.monotonic(), held.item))

    def _decide_twice(self, held: Held) -> None:
        body = self._body(held)
        if self._chance.random() < 0.5:
            other = threading.Thread(target=self._decide, args=(held, body, self._twin))
            other.start()
            self._decide(held, body)
            other.join()
        else:
            self._decide(held, body)
            self._decide(held, body)

    def _decide(self, held: Held, body: dict[str, Any] | None = None, caller: Caller | None = None) -> Answer | None:
        body = body or self._body(held)
        told = {name: body.get(name) for name in ("fence", "action", "label", "note")} | {
            "review": held.review,
            "item": held.item,
            "user": self._member.user,
        }
        path = f"/api/v1/reviews/{held.review}/decide/"
        return (caller or self._caller).call("decide", "POST", path, body, told=told, keep=_decided)

    def _body(self, held: Held, action: str = "") -> dict[str, Any]:
        """Return an answer; its note is a mark that tells this answer from every other one."""
        body: dict[str, Any] = {"fence": held.fence, "note": f"{self._member.name}/{next(self._marks)}"}
        if action:
            return body | {"action": action}
        dice = self._chance.random()
        if dice < 0.4 and held.suggestion in LABELS:
            return body | {"action": "accept", "active_ms": 900}
        if dice < 0.45:
            return body | {"action": "reject", "active_ms": 500}
        return body | {"action": "correct", "label": self._chance.choice(list(LABELS)), "active_ms": 1200}

    def _leave(self, what: str, held: Held) -> bool:
        told = {"review": held.review, "fence": held.fence}
        answer = self._caller.call(
            what, "POST", f"/api/v1/reviews/{held.review}/{what}/", {"fence": held.fence}, told=told
        )
        return answer is not None and answer.is_good

    def _amend(self) -> None:
        """Amend what was answered a while ago and has left by now."""
        if not self._seen.answered or self._seen.answered[0][0] > time.monotonic() - AMENDED_AFTER_S:
            return
        _at, item = self._seen.answered.pop(0)
        if self._chance.random() < 0.5:
            label = self._chance.choice(list(LABELS))
            body = {"label": label, "reason_code": "wrong", "note": f"{self._member.name}/{next(self._marks)}"}
            told = {"item": item, "label": label, "note": body["note"]}
            self._caller.call("amend", "POST", f"/api/v1/items/{item}/amend/", body, told=told)

    def _send_late(self) -> None:
        while self._late and self._late[0].due < time.monotonic():
            self._decide(self._late.popleft())

    def _new_caller(self, suffix: str) -> Caller:
        chance = random.Random(self._chance.getrandbits(60))
        return Caller(self._plan, self._journal, self._member.name + suffix, self._member.token, chance)


def run_bots(plan: Plan, folder: Path) -> list[threading.Thread]:
    """Return a thread for every reviewer and lead, and for the strangers of each workspace."""
    from tests.torture.strangers import Stranger

    cast, journal = Cast.load(folder), Journal(plan.clients / "bots.jsonl")
    seen = {slug: Seen() for slug in cast.workspaces}
    threads = []
    for number, member in enumerate(one for one in cast.members if one.role in ("reviewer", "lead")):
        bot = Bot(plan, member, journal, seen[member.workspace], plan.seed * 1000 + 100 + number)
        threads.append(threading.Thread(target=bot.run, name=member.name))
    for number, (mine, theirs) in enumerate((("south", "north"), ("north", "south"))):
        stranger = Stranger(plan, cast, mine, seen[theirs], plan.seed * 1000 + 200 + number)
        threads.append(threading.Thread(target=stranger.run, name=f"stranger-{mine}"))
    return threads


def _leases(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [_lease(review) for review in data["reviews"]]


def _lease(review: dict[str, Any]) -> dict[str, Any]:
    return {"id": review["id"], "fence": review["fence"], "item": review["item"]["id"]}


def _decided(data: dict[str, Any]) -> dict[str, Any]:
    return {"decision": data["decision"], "next": [_lease(review) for review in data["next"]]}

"""The lead's board: how the queues fare and will, who is at work, what they hold, and what is stopped; five statements."""

import json
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.domain import Actor, Capability, roles_with
from governance.statements import fetch
from review.domain.forecast import Forecast, forecast, pace_of
from review.selectors.board_sql import FLOW_SQL, PEOPLE_SQL, STOPS_SQL, WORK_SQL
from review.selectors.presence import present_at
from review.selectors.queues import QueueFacts, queues_for
from review.selectors.stats import Rate
from routing.selectors.restrictions import Limit

SLOT_S = 300
SLOTS = 12
_HOUR = timedelta(hours=1)
# An id is made shortly before its row is stored, maybe on another machine.
_ID_MARGIN = timedelta(minutes=5)
_COMPARED = timedelta(days=30)
# Whoever decided within this many slots is there, though they hold nothing at this moment.
_PRESENT_SLOTS = 2


@dataclass(frozen=True, slots=True)
class Work:
    """A review on the board: held by a person from `since` until `lease_until`, or overdue and perhaps meant for one."""

    id: UUID
    item_id: UUID
    external_id: str
    queue_key: str
    queue_name: str
    due_at: datetime
    person: UUID | None
    person_name: str
    since: datetime | None
    lease_until: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may review: what they did today, what they hold, and how they differ from the model.

    `overturn_shown` counts answers to reviews that showed a suggestion, `overturn_blind` those to reviews that did not;
    both of at most 200 answers of the last 30 days that can no longer be undone.
    """

    id: UUID
    name: str
    role: str
    decided: int
    last_hour: int
    median_active_ms: float | None
    last_at: datetime | None
    overturn_shown: Rate
    overturn_blind: Rate
    holds: int


@dataclass(slots=True)
class Flow:
    """What came into a queue and left it in the last hour, by slots of five minutes, oldest first."""

    arrived: list[int] = field(default_factory=lambda: [0] * SLOTS)
    decided: list[int] = field(default_factory=lambda: [0] * SLOTS)
    people: list[set[UUID]] = field(default_factory=lambda: [set() for _slot in range(SLOTS)])

    @property
    def arrivals(self) -> int:
        """Return how many reviews came."""
        return sum(self.arrived)

    @property
    def completions(self) -> int:
        """Return how many were decided."""
        return sum(self.decided)

    @property
    def balance(self) -> int:
        """Return by how many the queue has grown."""
        return self.arrivals - self.completions


@dataclass(frozen=True, slots=True)
class BoardQueue:
    """A queue with its last hour, who is there, and its forecast.

    `present` are those who hold something of it, decided something lately or have its page open. The forecast counts the
    last ones only where there is nobody else: a page may be open for all queues at once.
    """

    facts: QueueFacts
    flow: Flow
    present: list[str]
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class WorkflowStop:
    """A workflow, and since when and why its automation is stopped, if it is.

    `latency_s` is the time from the stop to the last automatic acceptance recorded after it, 0 if there was none; `held`
    are automatic outcomes that have not left yet; `limits` are those that run beside it, for what was measured.
    """

    key: str
    name: str
    state: str
    since: datetime | None
    reason: str
    latency_s: float
    held: int
    limits: list[Limit] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the board shows, as of one moment."""

    at: datetime
    queues: list[BoardQueue]
    people: list[Person]
    held: list[Work]
    overdue: list[Work]
    workflows: list[WorkflowStop]

    @property
    def stops(self) -> list[WorkflowStop]:
        """Return the workflows whose automation is stopped."""
        return [workflow for workflow in self.workflows if workflow.since]

    @property
    def limited(self) -> list[WorkflowStop]:
        """Return the workflows with limits beside a stop."""
        return [workflow for workflow in self.workflows if workflow.limits]

    @property
    def totals(self) -> dict[str, int]:
        """Return the sums over queues."""
        counts = {
            name: sum(getattr(queue.facts, name) for queue in self.queues)
            for name in ("depth", "overdue", "due_soon", "leased")
        }
        return counts | {
            "arrivals": sum(queue.flow.arrivals for queue in self.queues),
            "completions": sum(queue.flow.completions for queue in self.queues),
        }


def board_for(actor: Actor) -> Board:
    """Return the board of the entered workspace; five statements, however much waits."""
    now = timezone.now()
    flows = _flows(now)
    work = fetch(WORK_SQL, {})
    rows = fetch(PEOPLE_SQL, _people_parameters(now))
    names = {row["id"]: row["name"] for row in rows}
    works = [_work(row, names) for row in work]
    held = [one for one, row in zip(works, work, strict=True) if row["is_held"]]
    queues = queues_for(actor)
    on_page = {key: {one.name for one in there} for key, there in present_at(actor, queues).items()}
    median = _median([row["median_active_ms"] for row in rows if row["median_active_ms"]])
    return Board(
        at=now,
        queues=[
            _queue(
                facts,
                flows[facts.id],
                _active(facts, flows[facts.id], held, names),
                on_page.get(facts.key, set()),
                median,
            )
            for facts in queues
        ],
        people=[_person(row, held) for row in rows],
        held=held,
        overdue=[one for one, row in zip(works, work, strict=True) if not row["is_held"]],
        workflows=workflow_stops(),
    )


def workflow_stops() -> list[WorkflowStop]:
    """Return every workflow with its running stop, and how fast that took hold."""
    return [_stop(row) for row in fetch(STOPS_SQL, {})]


def _flows(now: datetime) -> dict[UUID, Flow]:
    since = now - _HOUR
    least = int((since - _ID_MARGIN).timestamp() * 1000)
    parameters = {"since": since, "until": now, "first": UUID(int=least << 80), "slot_s": SLOT_S}
    flows: dict[UUID, Flow] = defaultdict(Flow)
    for row in fetch(FLOW_SQL, parameters):
        slot = SLOTS - 1 - min(SLOTS - 1, row["slot"])
        flow = flows[row["queue_id"]]
        flow.arrived[slot] += row["arrived"]
        flow.decided[slot] += row["decided"]
        flow.people[slot] |= {UUID(person) for person in row["people"]}
    return flows


def _people_parameters(now: datetime) -> dict[str, Any]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "since": now - _HOUR,
        "midnight": midnight,
        "from": min(midnight, now - _HOUR),
        "month": now - _COMPARED,
        "roles": roles_with(Capability.REVIEW),
    }


def _active(facts: QueueFacts, flow: Flow, held: Sequence[Work], names: dict[UUID, str]) -> list[str]:
    """Return the names of those who hold something of the queue or decided something there lately."""
    holders: set[UUID] = {one.person for one in held if one.queue_key == facts.key and one.person}
    return sorted(names.get(person, "?") for person in holders.union(*flow.people[-_PRESENT_SLOTS:]))


def _queue(facts: QueueFacts, flow: Flow, active: Sequence[str], on_page: Set[str], median: float | None) -> BoardQueue:
    present = [*active, *sorted(on_page - set(active))]
    pace = pace_of(
        decided=flow.completions,
        slots=sum(len(people) for people in flow.people),
        slot_s=SLOT_S,
        median_active_ms=median,
    )
    outlook = forecast(
        depth=facts.depth,
        arrivals_per_h=flow.arrivals,
        per_person_h=pace,
        people=0 if facts.is_paused else len(active) or len(on_page),
    )
    return BoardQueue(facts=facts, flow=flow, present=present, forecast=outlook)


def _person(row: dict[str, Any], held: Sequence[Work]) -> Person:
    return Person(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        decided=row["decided"],
        last_hour=row["last_hour"],
        median_active_ms=row["median_active_ms"],
        last_at=row["last_at"],
        overturn_shown=Rate(row["shown_k"], row["shown_n"]),
        overturn_blind=Rate(row["blind_k"], row["blind_n"]),
        holds=sum(one.person == row["id"] for one in held),
    )


def _work(row: dict[str, Any], names: dict[UUID, str]) -> Work:
    person = row["person"]
    facts = {name: value for name, value in row.items() if name != "is_held"}
    return Work(**facts, person_name=names.get(person, "?") if person else "")


def _stop(row: dict[str, Any]) -> WorkflowStop:
    since, last_at = row["since"], row["last_at"]
    return WorkflowStop(
        key=row["key"],
        name=row["name"],
        state=row["state"],
        since=since,
        reason=row["reason"] or "",
        latency_s=(last_at - since).total_seconds() if since and last_at else 0.0,
        held=row["held"] or 0,
        limits=[_limit(one) for one in json.loads(row["limits"] or "[]")],
    )


def _limit(row: dict[str, Any]) -> Limit:
    return Limit(**(row | {"since": datetime.fromisoformat(row["since"])}))


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None

"""What a workspace should look like: a few plain dictionaries, and what each call does to them.

Times are what is left of them in seconds, so that letting time pass is a subtraction. Every method answers as the product
should: "ok", or the code of the refusal.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from review.services.decide import Answer
from tests.factories import LABELS

# Far apart, so that the seconds an example takes never decide anything.
LEASE_S, WINDOW_S, HOLD_S, BACKOFF_S, WORKER_LEASE_S = 7200, 3600, 3600, 2000, 120
MOST_LOSSES = 6
TRIAGE, ESCALATIONS = "triage", "escalations"
LEADS = ("lead", "owner")


@dataclass
class Message:
    """An outcome's outbox row."""

    type: str
    label: str | None
    source: str
    due_in: float
    is_published: bool = False


@dataclass
class Item:
    """An item, with the trail it has left."""

    id: UUID
    external_id: str
    label: str | None
    is_sure: bool
    state: str = "received"
    fence: int = 0
    attempts: int = 0
    forgiven: int = 0
    losses: int = 0
    lease_left: float | None = None
    due_in: float = 0
    source: str | None = None
    answer: str | None = None
    decision: UUID | None = None
    amended_by: str | None = None
    # Drawn, answered otherwise than by the model, and not settled.
    is_disputed: bool = False
    messages: list[Message] = field(default_factory=list)
    trail: list[str] = field(default_factory=lambda: ["item.received"])


@dataclass
class Review:
    """A slot of work; `queue` by its key."""

    id: UUID
    item: Item
    is_blind: bool
    is_adjudication: bool = False
    queue: str = TRIAGE
    state: str = "open"
    fence: int = 0
    holder: str | None = None
    lease_left: float | None = None
    decision: UUID | None = None
    skipped_by: set[str] = field(default_factory=set)


@dataclass
class Decision:
    """A recorded answer; effective while its review points at it."""

    id: UUID
    review: Review
    fence: int
    person: str
    answer: Answer
    label: str | None
    is_outcome: bool = False
    age: float = 0
    # Of an adjudication that amended: source, answer, decision and amender that it took the place of.
    before: tuple[str | None, str | None, UUID | None, str | None] | None = None


@dataclass
class Rules:
    """How the workspace is set up."""

    window_s: int = WINDOW_S
    hold_s: int = 0
    waits_on_failure: bool = False
    max_attempts: int = 2


@dataclass
class Picture:
    """One workspace."""

    rules: Rules = field(default_factory=Rules)
    items: dict[UUID, Item] = field(default_factory=dict)
    reviews: dict[UUID, Review] = field(default_factory=dict)
    decisions: dict[UUID, Decision] = field(default_factory=dict)
    late: dict[tuple[UUID, str, int], Answer] = field(default_factory=dict)
    # Leases that were ended by a skip or an escalation, and whose: a repeat of it is no second opinion.
    passed_on: set[tuple[UUID, str, int, str]] = field(default_factory=set)
    # Tells the id of the adjudication that the product opened.
    adjudication_of: Callable[[Item], UUID] = field(default=lambda item: item.id)

    # Intake and the pipeline.

    def receive(self, item: Item) -> None:
        self.items[item.id] = item

    def waits_for_a_worker(self) -> set[UUID]:
        return {item.id for item in self.items.values() if item.state == "received" and item.due_in <= 0}

    def start_prediction(self, in_order: list[UUID]) -> dict[UUID, int]:
        """Give a worker the first item and those lost as often, fewer with each loss; return the fences it works under."""
        due = [self.items[item_id] for item_id in in_order]
        alike = [item for item in due if item.losses == due[0].losses]
        together = alike[: max(1, 256 >> (2 * min(due[0].losses, 4)))] if due else []
        for item in together:
            item.state, item.lease_left = "predicting", WORKER_LEASE_S
            item.fence += 1
            item.attempts += 1
        return {item.id: item.fence for item in together}

    def finish_prediction(self, fences: dict[UUID, int], review_of: Callable[[Item], tuple[UUID, bool] | None]) -> None:
        """Move what is still the worker's; `review_of` tells the id of an item's review and whether it is blind."""
        for item_id, fence in fences.items():
            item = self.items[item_id]
            if (item.state, item.fence) == ("predicting", fence):
                item.lease_left = None
                self._route(item, review_of)

    def _route(self, item: Item, review_of: Callable[[Item], tuple[UUID, bool] | None]) -> None:
        if item.label is None and self.rules.waits_on_failure:
            is_last = item.attempts - item.forgiven >= self.rules.max_attempts
            item.state, item.due_in, item.losses = ("dead" if is_last else "received"), BACKOFF_S, 0
            item.trail.append("item.died" if is_last else "item.postponed")
            return
        item.trail.append("item.routed")
        found = review_of(item)
        if item.is_sure:
            item.state = "held" if self.rules.hold_s else "resolved"
            item.due_in = self.rules.hold_s if self.rules.hold_s else item.due_in
            self._conclude(item, "auto", item.label, self.rules.hold_s)
            assert found is None or found[1], "only a blind review follows what was accepted automatically"
        else:
            item.state = "in_review"
            assert found is not None, "an item for people has a review"
        if found is not None:
            self.reviews[found[0]] = Review(found[0], item, is_blind=found[1])

    def give_up_prediction(self, fences: dict[UUID, int], *, in_order: bool) -> int:
        """Take back what is still the worker's: as if it had never been taken, or as a loss."""
        held = [
            self.items[i]
            for i, fence in fences.items()
            if self.items[i].state == "predicting" and self.items[i].fence == fence
        ]
        for item in held:
            if in_order:
                item.state, item.lease_left, item.due_in = "received", None, 0
                item.fence += 1
                item.attempts -= 1
            else:
                self._lose(item)
        return len(held)

    @staticmethod
    def _conclude(item: Item, source: str, label: str | None, due_in: float, type_: str = "item.resolved") -> None:
        item.source, item.answer = source, label
        item.messages.append(Message(type_, label, source, due_in))

    # People.

    def claimable(self, person: str, queues: Iterable[str]) -> set[UUID]:
        return {
            review.id
            for review in self.reviews.values()
            if review.state == "open"
            and review.queue in queues
            and person not in review.skipped_by
            and not self._has_another(person, review)
        }

    def _has_another(self, person: str, review: Review) -> bool:
        """Tell whether the person holds or has answered another review of the item."""
        return any(
            other.item is review.item and other is not review and other.holder == person
            for other in self.reviews.values()
            if other.state in ("leased", "decided")
        )

    def claim(self, person: str, review_id: UUID) -> int:
        """Lease a review and return the fence."""
        review = self.reviews[review_id]
        review.state, review.holder, review.lease_left = "leased", person, LEASE_S
        review.fence += 1
        review.item.trail.append("review.claimed")
        return review.fence

    def holds(self, person: str, review: Review, fence: int) -> bool:
        return (review.state, review.holder, review.fence) == ("leased", person, fence)

    def renew(self, person: str, review: Review, fence: int) -> str:
        if not self.holds(person, review, fence):
            return "stale_fence"
        review.lease_left = LEASE_S
        return "ok"

    def release(self, person: str, review: Review, fence: int) -> str:
        if not self.holds(person, review, fence):
            return "stale_fence"
        self._reopen(review, "review.released")
        return "ok"

    @staticmethod
    def _reopen(review: Review, event: str) -> None:
        review.state, review.holder, review.lease_left = "open", None, None
        review.fence += 1
        review.item.trail.append(event)

    def refusal(self, person: str, review: Review, fence: int, answer: Answer) -> str:
        """Return how an answer is to be taken: "ok", "stored", "nothing" (a repeat), or the refusal's code."""
        if not self.holds(person, review, fence):
            stored = self.decision_under(review, fence)
            if stored is not None and stored.person == person:
                return "stored" if stored.answer == answer else "stale_fence"
            return "nothing" if (review.id, person, fence, answer.action) in self.passed_on else "stale_fence"
        if answer.action == "escalate":
            return "invalid" if review.queue == ESCALATIONS else "ok"
        if answer.action == "accept":
            return "no_suggestion" if review.is_blind or review.item.label is None else "ok"
        return "unknown_label" if answer.action == "correct" and answer.label not in LABELS else "ok"

    def decision_under(self, review: Review, fence: int) -> Decision | None:
        return next((d for d in self.decisions.values() if d.review is review and d.fence == fence), None)

    def keep_late(self, person: str, review: Review, fence: int, answer: Answer) -> None:
        self.late.setdefault((review.id, person, fence), answer)

    def skip(self, person: str, review: Review) -> None:
        self.passed_on.add((review.id, person, review.fence, "skip"))
        review.skipped_by.add(person)
        self._reopen(review, "review.skipped")

    def escalate(self, person: str, review: Review) -> None:
        self.passed_on.add((review.id, person, review.fence, "escalate"))
        review.queue = ESCALATIONS
        self._reopen(review, "review.escalated")

    def decide(self, person: str, review: Review, answer: Answer, decision_id: UUID) -> None:
        label = review.item.label if answer.action == "accept" else answer.label
        item = review.item
        self.decisions[decision_id] = Decision(decision_id, review, review.fence, person, answer, label)
        review.state, review.decision, review.lease_left = "decided", decision_id, None
        item.trail.append("decision.made")
        if review.is_adjudication:
            self._settle(item, self.decisions[decision_id])
            return
        item.is_disputed = review.is_blind and item.label is not None and label != item.label
        if item.state == "in_review":
            item.state = "held" if self.rules.window_s else "resolved"
            item.due_in, item.decision = self.rules.window_s, decision_id
            self.decisions[decision_id].is_outcome = True
            self._conclude(item, "human", label, self.rules.window_s)

    def _settle(self, item: Item, decision: Decision) -> None:
        item.is_disputed = False
        if decision.label == item.answer:
            return
        decision.before = (item.source, item.answer, item.decision, item.amended_by)
        item.decision, item.amended_by = decision.id, None
        item.trail.append("item.amended")
        self._conclude(item, "amended", decision.label, self.rules.window_s, "item.amended")

    def undo(self, person: str, decision: Decision) -> str:
        review, item = decision.review, decision.review.item
        if decision.person != person:
            return "not_yours"
        moves = decision.is_outcome
        is_effective = item.state != "withdrawn" and review.decision == decision.id
        if not is_effective or decision.age >= self.rules.window_s or (moves and item.state != "held"):
            return "undo_window_closed"
        amended = decision.before is not None
        if amended and item.decision != decision.id:
            return "undo_window_closed"
        if (moves or amended) and item.messages[-1].is_published:
            return "undo_window_closed"
        review.state, review.decision, review.lease_left = "leased", None, LEASE_S
        review.fence += 1
        item.trail.append("decision.undone")
        item.is_disputed = review.is_adjudication
        if decision.before is not None:
            item.source, item.answer, item.decision, item.amended_by = decision.before
            item.messages.pop()
        if moves:
            item.state, item.source, item.answer, item.decision = "in_review", None, None, None
            item.messages.clear()
        return "ok"

    def withdraw(self, item: Item) -> str:
        if item.state == "withdrawn":
            return "ok"
        if item.state == "resolved" or any(message.is_published for message in item.messages):
            return "conflict"
        item.state, item.lease_left, item.source, item.answer, item.decision = "withdrawn", None, None, None, None
        item.fence += 1
        item.messages.clear()
        item.trail.append("item.withdrawn")
        for review in self.reviews.values():
            if review.item is item and review.state in ("open", "leased"):
                review.state, review.holder, review.lease_left = "cancelled", None, None
                review.fence += 1
        return "ok"

    # What leads do.

    def amend(self, person: str, item: Item, label: str, queues: Iterable[str]) -> str:
        if person not in LEADS:
            return "forbidden"
        reviews = [review for review in self.reviews.values() if review.item is item]
        if item.state != "resolved" or any(self._veils(review, queues, person) for review in reviews):
            return "conflict"
        if item.source == "amended" and item.amended_by == person and item.answer == label:
            return "stored"
        if item.answer == label:
            return "nothing_to_amend"
        item.decision, item.amended_by = None, person
        item.trail.append("item.amended")
        last = item.messages[-1].due_in if item.messages else 0
        self._conclude(item, "amended", label, max(0, last), "item.amended")
        if any(review.is_blind and review.state == "decided" for review in reviews) and len(reviews) == 1:
            item.is_disputed = item.label is not None and label != item.label
        return "ok"

    def _veils(self, review: Review, queues: Iterable[str], person: str) -> bool:
        """Tell whether somebody who works these queues may still be asked about the item without suggestion."""
        if not review.is_blind or review.queue not in queues:
            return False
        decision = self.decisions.get(review.decision) if review.decision else None
        if review.state in ("open", "leased"):
            return True
        if decision is None:
            return False
        is_next = review.item.is_disputed and not review.is_adjudication and decision.person != person
        return decision.age < self.rules.window_s or is_next

    def replay(self, item: Item) -> str:
        if item.state != "dead":
            return "conflict"
        item.state, item.due_in, item.forgiven, item.losses = "received", 0, item.attempts, min(item.losses, 4)
        item.trail.append("item.replayed")
        return "ok"

    def send_to_people(self, item: Item, review_of: Callable[[Item], tuple[UUID, bool] | None]) -> str:
        if item.state != "dead":
            return "conflict"
        item.state, item.label, item.is_sure = "in_review", None, False
        item.trail.append("item.sent_to_people")
        found = review_of(item)
        assert found is not None
        self.reviews[found[0]] = Review(found[0], item, is_blind=found[1])
        return "ok"

    # Time.

    def pass_time(self, seconds: float, items: Iterable[Item]) -> None:
        chosen = {item.id for item in items}
        for item in self.items.values():
            if item.id in chosen:
                item.due_in -= seconds
                item.lease_left = None if item.lease_left is None else item.lease_left - seconds
                for message in item.messages:
                    message.due_in -= seconds
        for review in self.reviews.values():
            if review.item.id in chosen and review.lease_left is not None:
                review.lease_left -= seconds
        for decision in self.decisions.values():
            if decision.review.item.id in chosen:
                decision.age += seconds

    def sweep(self, steps: int = 4) -> int:
        """Do the first of the sweeper's steps; return how many rows moved."""
        return sum(step() for step in (self._expire, self._resolve, self._free, self._adjudicate)[:steps])

    def _expire(self) -> int:
        over = [
            r for r in self.reviews.values() if r.state == "leased" and r.lease_left is not None and r.lease_left < 0
        ]
        for review in over:
            self._reopen(review, "review.expired")
        return len(over)

    def _resolve(self) -> int:
        over = [item for item in self.items.values() if item.state == "held" and item.due_in <= 0]
        for item in over:
            item.state = "resolved"
            item.trail.append("item.resolved")
        return len(over)

    def _free(self) -> int:
        lost = [
            i for i in self.items.values() if i.state == "predicting" and i.lease_left is not None and i.lease_left < 0
        ]
        for item in lost:
            self._lose(item)
        return len(lost)

    def _adjudicate(self) -> int:
        """Ask another person about every disagreement that has left and can't be undone."""
        asked = [
            review
            for review in self.reviews.values()
            if review.state == "decided"
            and review.item.state == "resolved"
            and review.item.is_disputed
            and not review.is_adjudication
            and review.decision is not None
            and self.decisions[review.decision].age >= self.rules.window_s
            and not any(r.is_adjudication and r.item is review.item for r in self.reviews.values())
        ]
        for review in asked:
            item = review.item
            opened = self.adjudication_of(item)
            self.reviews[opened] = Review(opened, item, is_blind=True, is_adjudication=True, queue=review.queue)
            item.trail.append("adjudication.opened")
        return len(asked)

    def _lose(self, item: Item) -> None:
        """A worker stopped with it: that costs no attempt, but has a limit of its own."""
        item.losses += 1
        item.forgiven += 1
        is_last = item.losses >= MOST_LOSSES
        item.state, item.lease_left, item.due_in = ("dead" if is_last else "received"), None, 0
        item.fence += 1
        item.trail.append("item.died" if is_last else "item.postponed")

    def publish(self) -> int:
        """Let everything due leave; return how much."""
        due = [message for item in self.items.values() for message in item.messages if message.due_in <= 0]
        leaving = [message for message in due if not message.is_published]
        for message in leaving:
            message.is_published = True
        return len(leaving)

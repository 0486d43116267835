"""Everybody at once on the same items: claiming, deciding, undoing, withdrawing, sweeping, sending."""

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from governance.domain import Actor, ProductError
from governance.models import AuditEvent
from governance.selectors.scope import enter_workspace
from review.domain.errors import StaleFenceError, UndoWindowClosedError
from review.domain.states import DecisionAction
from review.models import Decision, Item, LateAnswer, Review
from review.services import undo
from review.services.claim import claim_reviews, renew_lease
from review.services.decide import Answer, Decided, record_decision
from review.services.intake import Receipt, Submission, receive_items
from review.services.pipeline import process_received
from review.services.reopen import release_review
from review.services.sweep import sweep_workspace
from review.services.undo import undo_decision
from review.services.withdraw import withdraw_item
from routing.models import RoutingDecision, Workflow
from routing.selectors.workflows import access_workflow
from tests.conftest import House, build_house
from tests.factories import QueueFactory
from tests.invariants import broken
from tests.threads import together

pytestmark = pytest.mark.services

LABELS = ["billing", "delivery", "other"]


@pytest.fixture
def stored(live_db: None) -> House:
    """The cast, committed."""
    with transaction.atomic():
        return build_house()


def inside(house: House, work: Callable[[], Any]) -> Any:
    with transaction.atomic():
        enter_workspace(house.workspace.id)
        return work()


def assert_sound(house: House) -> None:
    assert inside(house, broken) == {}


def submissions(count: int, confidence: float = 0.3) -> list[Submission]:
    return [
        Submission(
            external_id=f"z-{number:04d}",
            payload={"text": f"text {number}"},
            predictions=[{"label": "billing", "confidence": confidence}],
        )
        for number in range(count)
    ]


def send(house: House, sent: list[Submission]) -> list[Receipt]:
    actor = inside(house, lambda: house.actor(house.integrator))
    receipts: list[Receipt] = inside(
        house,
        lambda: receive_items(actor=actor, workflow=access_workflow(house.workflow.key), submissions=sent),
    )
    return receipts


def test_the_same_items_sent_eight_times_at_once_are_stored_once(stored: House) -> None:
    """Each sends them in another order, as retries of several senders would."""

    def job(seed: int) -> Callable[[], list[Receipt]]:
        sent = submissions(400)
        random.Random(seed).shuffle(sent)
        return lambda: send(stored, sent)

    results = together([job(seed) for seed in range(8)])

    receipts = [receipt for result in results if isinstance(result, list) for receipt in result]
    assert [result for result in results if not isinstance(result, list)] == []
    assert sum(receipt.is_new for receipt in receipts) == 400
    assert {receipt.refusal for receipt in receipts} == {None}
    assert len({receipt.item_id for receipt in receipts}) == 400
    assert_sound(stored)


def test_two_workers_never_process_an_item_twice(stored: House) -> None:
    send(stored, submissions(700))
    send(
        stored, [Submission(f"s-{s.external_id}", s.payload, predictions=s.predictions) for s in submissions(700, 0.99)]
    )

    def work() -> int:
        return process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)

    results = together([work] * 4)

    assert sum(result for result in results if isinstance(result, int)) == 1400
    counted = inside(stored, lambda: Counter(Item.objects.values_list("state", flat=True)))
    assert counted == {"in_review": 700, "resolved": 700}
    assert inside(stored, RoutingDecision.objects.count) == 1400
    assert_sound(stored)


def test_an_answer_sent_twice_at_once_is_answered_twice_alike(stored: House) -> None:
    """Who pressed the key twice made no second opinion, and is told the same both times."""
    send(stored, submissions(10))
    process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)
    actor = inside(stored, lambda: stored.actor(stored.reviewer))
    for review in inside(stored, lambda: claim_reviews(actor=actor, count=10)):
        answer = Answer(action=DecisionAction.CORRECT, label="other")

        def job(review: Any = review, answer: Answer = answer) -> object:
            return inside(
                stored,
                lambda: record_decision(actor=actor, review_id=review.id, fence=review.fence, answer=answer),
            )

        results = together([job] * 4)
        assert isinstance(results[0], Decided), results
        assert results == [results[0]] * 4
    assert not inside(stored, LateAnswer.objects.exists)
    assert_sound(stored)


def test_of_undo_and_the_end_of_the_window_one_wins(stored: House) -> None:
    inside(stored, lambda: type(stored.queue).objects.update(undo_window_s=1))
    send(stored, submissions(20))
    process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)
    actor = inside(stored, lambda: stored.actor(stored.reviewer))
    answer = Answer(action=DecisionAction.CORRECT, label="other")
    for _ in range(2):
        reviews = inside(stored, lambda: claim_reviews(actor=actor, count=10))
        decided = [
            inside(stored, lambda r=r: record_decision(actor=actor, review_id=r.id, fence=r.fence, answer=answer))
            for r in reviews
        ]
        time.sleep(max(0.0, 0.95 - 0.03 * len(decided)))

        def undo(one: Any) -> Callable[[], object]:
            return lambda: inside(stored, lambda: undo_decision(actor=actor, decision_id=one.decision_id))

        together([*map(undo, decided), *[lambda: sweep_workspace(stored.workspace.id)] * 3])
        assert_sound(stored)


def test_an_undo_that_the_end_of_the_window_overtakes_is_refused(
    stored: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweeper resolves the item after the undo has looked at it and before it writes."""
    send(stored, submissions(1))
    process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)
    actor = inside(stored, lambda: stored.actor(stored.reviewer))
    (review,) = inside(stored, lambda: claim_reviews(actor=actor, count=1))
    answer = Answer(action=DecisionAction.CORRECT, label="other")
    decided = inside(
        stored,
        lambda: record_decision(actor=actor, review_id=review.id, fence=review.fence, answer=answer),
    )
    look = undo.fetch_one

    def slowly(sql: str, params: Any) -> Any:
        row = look(sql, params)
        together([resolve])
        return row

    def resolve() -> None:
        inside(stored, lambda: Item.objects.update(available_at="2020-01-01T00:00Z"))
        sweep_workspace(stored.workspace.id)

    monkeypatch.setattr(undo, "fetch_one", slowly)
    with pytest.raises(UndoWindowClosedError):
        inside(stored, lambda: undo_decision(actor=actor, decision_id=decided.decision_id))
    assert inside(stored, lambda: Item.objects.get().state) == "resolved"
    assert_sound(stored)


class Chaos:
    """One of the threads that do anything allowed, in an order fixed by its seed."""

    def __init__(self, house: House, actors: dict[str, Actor], item_ids: list[UUID], seed: int, until: float) -> None:
        self.house, self.actors, self.item_ids, self.until = house, actors, item_ids, until
        self.dice = random.Random(seed)
        self.held: list[tuple[Actor, Any]] = []
        self.decided: list[tuple[Actor, UUID]] = []
        self.done: Counter[str] = Counter()

    def __call__(self) -> Counter[str]:
        moves = [
            (self.claim, 30),
            (self.decide, 30),
            (self.undo, 14),
            (self.release, 5),
            (self.renew, 3),
            (self.withdraw, 2),
            (self.sweep, 6),
            (self.overtake, 8),
            (self.send, 3),
            (self.route, 5),
        ]
        names, weights = zip(*moves, strict=True)
        while time.monotonic() < self.until:
            move = self.dice.choices(names, weights)[0]
            try:
                refused = move()
            except ProductError as refusal:
                refused = refusal
            self.done[move.__name__ if refused is None else type(refused).__name__] += 1
        return self.done

    def claim(self) -> None:
        actor = self.actors[self.dice.choice(["reviewer", "colleague", "lead"])]
        count = self.dice.randint(1, 10)
        self.held += [(actor, one) for one in inside(self.house, lambda: claim_reviews(actor=actor, count=count))]

    def decide(self) -> ProductError | None:
        if not self.held:
            return None
        # Some are answered again later, under a fence that has gone by.
        actor, review = self.dice.choice(self.held) if self.dice.random() < 0.2 else self.held.pop()
        action = self.dice.choice([*[DecisionAction.CORRECT] * 6, DecisionAction.REJECT, "skip", "escalate"])
        label = self.dice.choice(LABELS) if action is DecisionAction.CORRECT else None
        answer = Answer(action=DecisionAction(action), label=label)
        result = inside(
            self.house,
            lambda: record_decision(actor=actor, review_id=review.id, fence=review.fence, answer=answer),
        )
        if isinstance(result, Decided) and result.decision_id:
            self.decided.append((actor, result.decision_id))
        return result if isinstance(result, StaleFenceError) else None

    def undo(self) -> None:
        if self.decided:
            actor, decision_id = self.decided[self.dice.randrange(len(self.decided))]
            self.held.append(
                (actor, inside(self.house, lambda: undo_decision(actor=actor, decision_id=decision_id))),
            )

    def release(self) -> None:
        if self.held:
            actor, review = self.held.pop(0)
            inside(self.house, lambda: release_review(actor=actor, review_id=review.id, fence=review.fence))

    def renew(self) -> None:
        if self.held:
            actor, review = self.held[0]
            inside(self.house, lambda: renew_lease(actor=actor, review_id=review.id, fence=review.fence))

    def withdraw(self) -> None:
        item_id = self.dice.choice(self.item_ids)
        inside(self.house, lambda: withdraw_item(actor=self.actors["integrator"], item_id=item_id))

    def sweep(self) -> None:
        sweep_workspace(self.house.workspace.id)

    def overtake(self) -> None:
        """Let time run out for some rows, as if it were later."""
        statement = self.dice.choice(
            [
                "UPDATE review_review SET lease_until = now() - interval '1 s' WHERE id IN (SELECT id FROM review_review"
                " WHERE state = 'leased' AND abs(hashtext(id::text)) %% 50 = %s FOR UPDATE SKIP LOCKED)",
                "UPDATE review_item SET available_at = now() - interval '1 s' WHERE id IN (SELECT id FROM review_item"
                " WHERE state = 'held' AND abs(hashtext(id::text)) %% 50 = %s FOR UPDATE SKIP LOCKED)",
                "UPDATE review_item SET lease_until = now() - interval '1 s' WHERE id IN (SELECT id FROM review_item"
                " WHERE state = 'predicting' AND abs(hashtext(id::text)) %% 3 = %s %% 3 FOR UPDATE SKIP LOCKED)",
            ],
        )
        with transaction.atomic(), connection.cursor() as cursor:
            enter_workspace(self.house.workspace.id)
            cursor.execute(statement, [self.dice.randrange(50)])

    def send(self) -> None:
        number = self.dice.randrange(10**9)
        confidence = self.dice.choice([0.2, 0.99])
        sent = [
            Submission(f"c-{number}-{n}", {"text": "more"}, predictions=[{"label": "other", "confidence": confidence}])
            for n in range(5)
        ]
        self.item_ids += [receipt.item_id for receipt in send(self.house, sent) if receipt.item_id]

    def route(self) -> None:
        process_received(workspace_id=self.house.workspace.id, workflow_id=self.house.workflow.id)


SECONDS, THREADS = 10, 8


def test_ten_seconds_of_everything_at_once_leave_every_row_in_order(stored: House) -> None:
    with transaction.atomic():
        stored.enter()
        Workflow.objects.update(draw_rate=0.2, hold_s=30)
        QueueFactory.create(
            workspace=stored.workspace, workflow=stored.workflow, key="second", members=[stored.reviewer]
        )
        actors = {name: stored.actor(stored.people[name]) for name in ("reviewer", "colleague", "lead", "integrator")}
    sent = [*submissions(200), *[Submission(f"s-{n}", {"text": "x"}) for n in range(20)]]
    sent += [
        Submission(f"t-{n}", {"text": "x"}, predictions=[{"label": "other", "confidence": 0.99}]) for n in range(100)
    ]
    item_ids = [receipt.item_id for receipt in send(stored, sent) if receipt.item_id]
    until = time.monotonic() + SECONDS

    results = together([Chaos(stored, actors, item_ids, seed, until) for seed in range(THREADS)])

    failed = [result for result in results if isinstance(result, BaseException)]
    assert not [one for one in failed if isinstance(one.__cause__, psycopg.errors.DeadlockDetected)], failed
    assert not [one for one in failed if isinstance(one, DatabaseError)], failed
    assert failed == []
    done = sum((result for result in results if isinstance(result, Counter)), Counter[str]())
    assert min(done[name] for name in ("claim", "decide", "undo", "withdraw", "sweep", "send", "StaleFenceError")) > 10
    assert_sound(stored)
    sweep_workspace(stored.workspace.id)
    process_received(workspace_id=stored.workspace.id, workflow_id=stored.workflow.id)
    assert_sound(stored)
    with transaction.atomic():
        stored.enter()
        assert Decision.objects.count() == AuditEvent.objects.filter(action="decision.made").count()
        assert Review.objects.filter(state="decided").count() <= Decision.objects.count()
        assert not Item.objects.filter(state="dead").exists()

"""Anything anybody may do, in any order, as rules; after each the rows are compared with the picture."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from governance.domain import system_actor
from governance.services.relay import publish_due
from review.domain.losses import LossCause
from review.domain.states import DecisionAction
from review.services.decide import Answer
from review.services.losses import lose
from review.services.pipeline import process_received
from review.services.received import hand_back
from review.services.sweep import sweep_once, sweep_workspace
from tests import workers
from tests.review.model.compare import assert_alike
from tests.review.model.ground import PEOPLE, CrashError, crash_at
from tests.review.model.hands import TEXTS, Hands
from tests.review.model.picture import ESCALATIONS, HOLD_S, TRIAGE, WINDOW_S, Item, Rules
from tests.review.model.steps import step, steps_of, take_step

QUEUES = {"reviewer": (TRIAGE,), "colleague": (TRIAGE,), "lead": (TRIAGE, ESCALATIONS), "owner": (ESCALATIONS,)}
KINDS = [[kind] for kind in sorted(TEXTS)] + [["unsure", "sure"], ["unsure", "silent"], ["flagged", "unsure"]]
JUMPS = (5_000.0, 10_000.0)  # past a window or a worker's lease, and past a reviewer's lease too

PLACES = [0, 0, 0, 1]
DOORS = ["services", "http"]
PICKS = range(41)
EITHER = (False, True)
ANSWERS = [
    Answer(DecisionAction.CORRECT, label="delivery"),
    Answer(DecisionAction.CORRECT, label="other"),
    Answer(DecisionAction.CORRECT, label="billing", note="as the model says"),
    Answer(DecisionAction.ACCEPT),
    Answer(DecisionAction.REJECT, note="none fits"),
    Answer(DecisionAction.SKIP),
    Answer(DecisionAction.ESCALATE),
    Answer(DecisionAction.CORRECT, label="nonsense"),
]


def _has_dead(machine: "Machine") -> bool:
    return any(item.state == "dead" for item in machine.pictures[0].items.values())


def _has_received(machine: "Machine") -> bool:
    return any(item.state == "received" for picture in machine.pictures for item in picture.items.values())


def _has_running(machine: "Machine") -> bool:
    return bool(machine._leased()) or any(i.state in ("held", "predicting") for i in machine.pictures[0].items.values())


def _has_unpublished(machine: "Machine") -> bool:
    messages = [message for item in machine.pictures[0].items.values() for message in item.messages]
    return any(not message.is_published for message in messages)


class Machine(Hands):
    """Two workspaces; most happens in the first."""

    @initialize(
        draw_rate=st.sampled_from([0.0, 1.0]),
        hold_s=st.sampled_from([0, 0, HOLD_S]),
        window_s=st.sampled_from([WINDOW_S, WINDOW_S, 0]),
        waits=st.booleans(),
    )
    def begin(self, draw_rate: float, hold_s: int, window_s: int, *, waits: bool) -> None:
        self.ground.empty()
        for at, picture in enumerate(self.pictures):
            picture.rules = Rules(window_s=window_s, hold_s=hold_s, waits_on_failure=waits)
            picture.adjudication_of = self._adjudication_of(at)
            self.ground.set_up(at, picture.rules, draw_rate)
        # A morning's work, so that an example needs no luck to get past intake.
        self.send(0, "http", ["unsure", "sure", "silent", "unsure", "flagged", "unsure"])
        self.send(1, "services", ["unsure", "sure"])
        for at in (0, 1):
            self.route(at)
        for person in PEOPLE[:2]:
            self.claim(0, "services", person, 2)
        self.send(0, "services", ["sure", "unsure"])

    # Intake and the pipeline.

    @step(4, at=PLACES, door=DOORS, kinds=KINDS)
    def send(self, at: int, door: str, kinds: list[str]) -> None:
        for kind in kinds:
            self.sent += 1
            told = self._send(at, door, f"e-{self.sent}", kind)
            assert (told.code, told.is_new) == ("ok", True)
            assert told.id is not None
            label = None if kind == "silent" else "billing"
            self.pictures[at].receive(Item(told.id, f"e-{self.sent}", label, is_sure=kind == "sure"))

    @step(1, when=lambda self: self.pictures[0].items, door=DOORS, pick=PICKS, kind=sorted(TEXTS))
    def send_again(self, door: str, pick: int, kind: str) -> None:
        item = self._item(0, pick)
        (same,) = self.ground.inside(0, lambda: self._text_of(item))
        told = self._send(0, door, item.external_id, kind)
        if same == TEXTS[kind]:
            assert (told.code, told.id, told.is_new) == ("ok", item.id, False)
            self._saw("send again")
        else:
            assert told.code == "external_id_taken"

    @step(4, when=_has_received, at=PLACES)
    def route(self, at: int) -> None:
        """A worker works until nothing is left."""
        house, expected = self.ground.houses[at], 0
        moved = process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id)
        while fences := self._start(at):
            expected += len(fences)
            self._finish(at, fences)
        assert moved == expected

    @step(2, when=_has_received, at=PLACES)
    def start_predicting(self, at: int) -> None:
        """A worker takes what is there; it may finish later, or never."""
        waiting = self._waiting(at)
        rows = self.ground.inside(at, lambda: workers.claimed(self.ground.houses[at]))
        fences = self.pictures[at].start_prediction(waiting)
        self.touched.add(at)
        assert {item_id: row["fence"] for item_id, row in rows.items()} == fences
        if rows:
            self.at_work.append((at, rows, fences))

    @step(2, when=lambda self: self.at_work, pick=PICKS, how=["finish", "finish", "hand back", "lose"])
    def end_predicting(self, pick: int, how: str) -> None:
        """A worker that took items finishes, stops in good order, or fails; other workers may have had them since."""
        self._saw(how)
        at, rows, fences = self.at_work[pick % len(self.at_work)]
        house, self.touched = self.ground.houses[at], {0, at}
        if how == "finish":
            self.ground.inside(at, lambda: workers.finish(house, rows))
            self._finish(at, fences)
            return
        actor = system_actor(house.workspace.id)
        if how == "lose":
            given_up = lose(actor=actor, rows=rows, cause=LossCause.WORKER_LOST, detail="it fell over")
        else:
            given_up = hand_back(actor=actor, rows=rows)
        assert given_up == self.pictures[at].give_up_prediction(fences, in_order=how == "hand back")

    @step(3, when=lambda self: self.at_work, pick=PICKS, comes_back=EITHER)
    def overtake_worker(self, pick: int, *, comes_back: bool) -> None:
        """A worker takes too long: its items are freed, and another worker has them when it comes back, or it never does."""
        at, rows, fences = self.at_work[pick % len(self.at_work)]
        picture, items = self.pictures[at], [self.pictures[at].items[item_id] for item_id in fences]
        self.ground.shift(list(fences), JUMPS[0])
        picture.pass_time(JUMPS[0], items)
        assert sweep_workspace(self.ground.houses[at].workspace.id) == picture.sweep()
        self.start_predicting(at)
        if comes_back:
            self.ground.inside(at, lambda: workers.finish(self.ground.houses[at], rows))
            self._finish(at, fences)

    # People.

    @step(7, at=PLACES, door=DOORS, person=PEOPLE, count=range(1, 5))
    def claim(self, at: int, door: str, person: str, count: int) -> None:
        picture = self.pictures[at]
        waiting = self._ranked(at, picture.claimable(person, QUEUES[person]))[:count]
        told = self.doors[door].claim(at, person, count)
        assert [review_id for review_id, _fence in told.leases] == waiting
        for review_id, fence in told.leases:
            assert picture.claim(person, review_id) == fence
            self._saw("claim")
            self.leases[at].append((person, review_id, fence))

    @step(9, when=lambda self: self._leased(), door=DOORS, pick=PICKS, answer=ANSWERS)
    def answer(self, door: str, pick: int, answer: Answer) -> None:
        """The holder answers."""
        leased = self._leased()
        at, review = leased[pick % len(leased)]
        self._answer(at, door, str(review.holder), review, review.fence, answer)

    @step(
        4,
        when=lambda self: self.leases[0],
        door=DOORS,
        pick=PICKS,
        person=[None, *PEOPLE],
        answer=ANSWERS,
    )
    def answer_late(self, door: str, pick: int, person: str | None, answer: Answer) -> None:
        """Somebody answers under a fence that was once given out, to them or to another."""
        holder, review_id, fence = self.leases[0][pick % len(self.leases[0])]
        self._answer(0, door, person or holder, self.pictures[0].reviews[review_id], fence, answer)

    @step(3, when=lambda self: self.answered, door=DOORS, pick=PICKS)
    def answer_again(self, door: str, pick: int) -> None:
        """The same request once more, through either door."""
        at, person, review_id, fence, answer = self.answered[pick % len(self.answered)]
        self._answer(at, door, person, self.pictures[at].reviews[review_id], fence, answer)

    @step(
        3,
        when=lambda self: self.leases[0],
        door=DOORS,
        pick=PICKS,
        person=[None, None, *PEOPLE],
        gives_back=EITHER,
    )
    def renew_or_release(self, door: str, pick: int, person: str | None, *, gives_back: bool) -> None:
        holder, review_id, fence = self.leases[0][pick % len(self.leases[0])]
        who, review = person or holder, self.pictures[0].reviews[review_id]
        name = "release" if gives_back else "renew"
        told = getattr(self.doors[door], name)(0, who, review_id, fence)
        assert told.code == getattr(self.pictures[0], name)(who, review, fence)
        self._saw(name, told.code)

    @step(
        6,
        when=lambda self: self.pictures[0].decisions,
        door=DOORS,
        pick=PICKS,
        person=[*[None] * 8, *PEOPLE],
    )
    def undo(self, door: str, pick: int, person: str | None) -> None:
        decisions = list(self.pictures[0].decisions.values())
        effective = [decision for decision in decisions if decision.review.decision == decision.id]
        chosen = effective if effective and pick % 4 else decisions
        decision = chosen[-1 - pick % len(chosen)]
        who = person or decision.person
        told = self.doors[door].undo(0, who, decision.id)
        assert told.code == self.pictures[0].undo(who, decision)
        self._saw("undo", told.code)
        if told.code == "ok":
            assert told.leases == ((decision.review.id, decision.review.fence),)
            self.leases[0].append((who, decision.review.id, decision.review.fence))

    @step(4, when=lambda self: self.pictures[0].items, door=DOORS, pick=PICKS)
    def withdraw(self, door: str, pick: int) -> None:
        held = [item for item in self.pictures[0].items.values() if item.state == "held"]
        left = [item for item in held if item.messages[-1].is_published]
        item = (left or held)[pick % len(left or held)] if held and pick % 2 else self._item(0, pick)
        told = self.doors[door].withdraw(0, item.id)
        assert told.code == self.pictures[0].withdraw(item)
        self._saw("withdraw", told.code)

    @step(
        4,
        when=lambda self: any(item.state in ("held", "resolved") for item in self.pictures[0].items.values()),
        door=DOORS,
        pick=PICKS,
        person=["owner", "lead", "owner", "reviewer"],
        label=["billing", "delivery", "other"],
    )
    def amend(self, door: str, pick: int, person: str, label: str) -> None:
        concluded = [item for item in self.pictures[0].items.values() if item.state in ("held", "resolved")]
        item = concluded[pick % len(concluded)]
        told = self.doors[door].amend(0, person, item.id, label)
        expected = self.pictures[0].amend(person, item, label, QUEUES[person])
        assert told.code == {"stored": "ok"}.get(expected, expected)
        self._saw("amend", expected)

    @step(5, when=_has_dead, door=DOORS, pick=PICKS, to_people=EITHER)
    def revive(self, door: str, pick: int, *, to_people: bool) -> None:
        """A dead item is given to the model again, or to people; any other is not."""
        dead = [item for item in self.pictures[0].items.values() if item.state == "dead"]
        item = dead[pick % len(dead)] if pick % 5 else self._item(0, pick)
        if to_people:
            told = self.doors[door].send_to_people(0, item.id)
            expected = self.pictures[0].send_to_people(item, self._review_of(0))
        else:
            told, expected = self.doors[door].replay(0, item.id), self.pictures[0].replay(item)
        assert told.code == expected
        self._saw("to people" if to_people else "replay", told.code)

    @step(
        1,
        when=lambda self: self.pictures[0].reviews,
        door=DOORS,
        pick=PICKS,
        what=["decide", "renew", "release", "undo", "withdraw"],
    )
    def trespass(self, door: str, pick: int, what: str) -> None:
        """Somebody of the other workspace tries the same and finds nothing."""
        review = list(self.pictures[0].reviews.values())[pick % len(self.pictures[0].reviews)]
        way, picture = self.doors[door], self.pictures[0]
        if what == "decide":
            told = way.decide(1, "lead", review.id, review.fence, Answer(DecisionAction.CORRECT, label="other"))
        elif what == "undo":
            told = way.undo(1, "lead", next(iter(picture.decisions), review.id))
        elif what == "withdraw":
            told = way.withdraw(1, review.item.id)
        else:
            told = getattr(way, what)(1, "lead", review.id, review.fence)
        assert told.code == "not_found"
        self.touched = {0, 1}

    # Time, and what heeds it.

    @step(
        5,
        when=lambda self: self.pictures[0].items,
        pick=PICKS,
        everything=EITHER,
        relay_is_first=EITHER,
        seconds=JUMPS,
    )
    def time_passes(self, pick: int, seconds: float, *, everything: bool, relay_is_first: bool) -> None:
        chosen = list(self.pictures[0].items.values()) if everything else [self._item(0, pick)]
        self.ground.shift([item.id for item in chosen], seconds)
        self.pictures[0].pass_time(seconds, chosen)
        if relay_is_first:
            self.publish()

    @step(4, when=_has_running, everywhere=EITHER)
    def sweep(self, *, everywhere: bool) -> None:
        if everywhere:
            assert sweep_once() == sum(picture.sweep() for picture in self.pictures)
            self.touched = {0, 1}
        else:
            moved = sweep_workspace(self.ground.houses[0].workspace.id)
            assert moved == self.pictures[0].sweep()
            self._saw("sweep", "something" if moved else "nothing")

    @step(4, when=_has_unpublished)
    def publish(self) -> None:
        """The relay lets leave what is due, in both workspaces."""
        published = publish_due()
        assert published == sum(picture.publish() for picture in self.pictures)
        self._saw("publish", "something" if published else "nothing")
        self.touched = {0, 1}

    # Processes that end in the middle.

    @step(
        3,
        when=lambda self: self._leased() or self.pictures[0].items,
        pick=PICKS,
        what=["send", "claim", "decide", "release", "undo", "withdraw"],
        answer=ANSWERS,
        statement=range(1, 7),
    )
    def crash(self, pick: int, what: str, answer: Answer, statement: int) -> None:
        """A call whose process ends after any of its statements has changed nothing."""
        work = self._call_of(what, pick, answer)
        if work is None:
            return

        def run() -> None:
            work()
            raise CrashError

        with suppress(CrashError), crash_at(statement):
            self.ground.inside(0, run)
        self._saw(f"crash in {what}")

    @step(2, when=_has_received, statement=range(1, 15))
    def crash_pipeline(self, statement: int) -> None:
        """A worker that ends anywhere has taken everything due or nothing, and finished everything it took or nothing."""
        house, picture, before = self.ground.houses[0], self.pictures[0], self._waiting(0)
        with suppress(CrashError), crash_at(statement):
            process_received(workspace_id=house.workspace.id, workflow_id=house.workflow.id)
        while (waiting := [i for i in before if i in picture.waits_for_a_worker()]) and self._row_of(waiting[0])[
            "fence"
        ] > picture.items[waiting[0]].fence:
            fences = picture.start_prediction(waiting)
            if self._row_of(waiting[0])["state"] != "predicting":
                self._finish(0, fences)

    @step(1, when=_has_running, statement=range(1, 7))
    def crash_sweep(self, statement: int) -> None:
        """A sweeper that ends has finished the steps before; each is a statement in a transaction that is entered first."""
        with suppress(CrashError), crash_at(statement):
            sweep_workspace(self.ground.houses[0].workspace.id)
        self.pictures[0].sweep(steps=(statement - 1) // 2)

    @rule(data=st.data())
    def next_step(self, data: st.DataObject) -> None:
        def choose(label: str, values: Sequence[Any]) -> Any:
            return data.draw(st.sampled_from(values), label=label)

        note(take_step(self, STEPS, choose))

    @invariant()
    def rows_are_as_pictured(self) -> None:
        for at in sorted(self.touched):
            self.ground.inside(at, lambda at=at: self._compare(at))
        self.touched = {0}

    def _compare(self, at: int) -> None:
        assert_alike(self.ground, at, self.pictures[at], self.memories[at])
        assert self.ground.broken() == {}


STEPS = steps_of(Machine)

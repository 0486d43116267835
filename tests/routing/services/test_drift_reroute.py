"""Unseen intents come in: how many wrong answers are accepted with the watch and without it, and how soon it acts.

Banking77 with 15 of its 77 intents held out of training. Of the later items a growing share, up to a fifth, is of unseen intents:
of one of them, as a new product brings, or of all fifteen, which moves hardly anything that drift looks at.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from governance.domain import system_actor, uuid7
from routing.backends.files import ModelCache
from routing.backends.local import LocalBackend, LocalConfig
from routing.backends.training import train_text
from routing.domain.policy import parse_policy
from routing.domain.predictions import PredictionResult
from routing.models import DriftWindow, ErrorBudget, Observation
from routing.selectors.restrictions import running_restrictions
from routing.selectors.workflows import access_workflow
from routing.services.record import Routed, RoutingInput, record_routing
from routing.services.router import Router
from routing.services.watch import watch_workflow
from tests.conftest import House

HELD_OUT, TRAINED = 15, 5_000
# One that the model takes for others it knows, and is sure of.
NEW_TOPIC = "verify_my_identity"
QUIET, RISING = 3_000, 5_000
THRESHOLD, TARGET, DRAW_RATE, MINUTE = 0.9, 0.05, 0.25, 250
# Shares of unseen intents, one a thousand items.
SHARES = (0.05, 0.10, 0.20, 0.20, 0.20)


@dataclass(frozen=True)
class Answered:
    """An item as the model answered it, and its true label."""

    result: PredictionResult
    truth: str

    @property
    def is_wrong(self) -> bool:
        return self.result.label != self.truth


@dataclass(frozen=True)
class Intents:
    """Items of intents that were trained, and by label of those that were not; labels are the model's."""

    labels: tuple[str, ...]
    known: list[Answered]
    unseen: dict[str, list[Answered]]


@dataclass
class Tally:
    """What was accepted while unseen intents came in, by a policy that is left alone and by one that is watched."""

    left_alone: list[bool] = field(default_factory=list)
    watched: list[bool] = field(default_factory=list)
    # After how many items with unseen intents among them each cause first limited automation.
    limited_after: dict[str, int] = field(default_factory=dict)
    worst_psi: float = 0.0

    @property
    def rerouted_after(self) -> int | None:
        return min(self.limited_after.values(), default=None)


@pytest.fixture(scope="module")
def intents() -> Intents:
    folder = Path(os.environ.get("AIOS_DATASETS", "../shared/datasets")) / "banking77"
    if not folder.is_dir():
        pytest.skip("the Banking77 data set is not here (AIOS_DATASETS)")
    random = np.random.default_rng(7)
    rows = [row for name in ("train.csv", "test.csv") for row in _rows(folder / name)]
    random.shuffle(rows)
    names = sorted({label for _text, label in rows})
    held_out = {names[place] for place in random.choice(len(names), HELD_OUT, replace=False)}
    known = [row for row in rows if row[1] not in held_out]
    texts, truth = zip(*known[:TRAINED], strict=True)
    model = train_text(texts, truth, test_share=0)
    config = LocalConfig.from_json(model.config)
    backend = LocalBackend(lambda: model.content, sha256=model.sha256, config=config, cache=ModelCache())

    def answered(some: Sequence[tuple[str, str]]) -> list[Answered]:
        results = backend.predict([{"text": text} for text, _label in some])
        return [Answered(result, label) for result, (_text, label) in zip(results, some, strict=True)]

    unseen = {label: answered([row for row in rows if row[1] == label]) for label in sorted(held_out)}
    return Intents(model.labels, answered(known[TRAINED:]), unseen)


def _rows(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def stream(intents: Intents, topics: Sequence[str], seed: int = 1) -> Iterator[list[Answered]]:
    """Yield minutes of items: known intents at first, then a rising share of unseen ones."""
    random = np.random.default_rng(seed)
    unseen = [one for topic in topics for one in intents.unseen[topic]]
    known = [intents.known[place] for place in random.permutation(len(intents.known))]
    for begin in range(0, QUIET + RISING, MINUTE):
        share = 0.0 if begin < QUIET else SHARES[(begin - QUIET) // 1_000]
        is_new = random.random(MINUTE) < share
        new = iter(unseen[place] for place in random.integers(0, len(unseen), MINUTE))
        # Known texts come a second time where there are too few of them.
        usual = iter(known[place % len(known)] for place in range(begin, begin + MINUTE))
        yield [next(new) if one else next(usual) for one in is_new]


def run(house: House, intents: Intents, topics: Sequence[str]) -> Tally:
    """Route the stream minute by minute, answer what is drawn as it truly is, and watch after every minute."""
    workflow = house.workflow
    workflow.draw_rate = DRAW_RATE
    workflow.save()
    policy = parse_policy({"default_threshold": THRESHOLD, "queue": "triage"})
    with connection.cursor() as cursor:
        # Nobody has counted the rows of an open transaction, so that the planner takes the tables for empty.
        cursor.execute("SET LOCAL enable_seqscan = off")
    tally = Tally()
    # Drawn by chance, but the same ones in every run.
    random = np.random.default_rng(5)
    for number, minute in enumerate(stream(intents, topics)):
        if number * MINUTE == QUIET:
            # Once it is known how it goes, an owner promises it.
            ErrorBudget.objects.create(workspace=house.workspace, workflow=workflow, target=TARGET)
        facts = access_workflow(workflow.key)
        limits = running_restrictions(workflow.id)
        router = Router(workflow=facts, policy=policy, labels=(), draw_key=b"any", restrictions=limits)
        drawn = random.random(MINUTE) < DRAW_RATE
        routed = [
            replace(one, drawn=bool(is_drawn))
            for one, is_drawn in zip(router.route([(_input(), one.result) for one in minute]), drawn, strict=True)
        ]
        record_routing(actor=system_actor(house.workspace.id), workflow=facts, routed=routed)
        _answer(house, routed, minute)
        if number * MINUTE >= QUIET:
            _count(tally, routed, minute)
            for limit in limits:
                tally.limited_after.setdefault(limit.cause, number * MINUTE - QUIET)
        else:
            assert not limits, "nothing has changed yet"
        watch_workflow(workspace_id=house.workspace.id, workflow_id=workflow.id)
        house.enter()
    tally.worst_psi = max(window.worst_psi for window in DriftWindow.objects.all())
    return tally


def _input() -> RoutingInput:
    return RoutingInput(item_id=uuid7(), attempt=1, payload={}, value=None, flags=(), segment="")


def _answer(house: House, routed: Sequence[Routed], minute: Sequence[Answered]) -> None:
    now = timezone.now()
    Observation.objects.bulk_create(
        Observation(
            item_id=one.item.item_id,
            workspace=house.workspace,
            workflow=house.workflow,
            source="calibration",
            inclusion_probability=DRAW_RATE,
            label=answered.truth,
            wrong=answered.is_wrong,
            occurred_at=now,
            closed_at=now,
        )
        for one, answered in zip(routed, minute, strict=True)
        if one.drawn
    )


def _count(tally: Tally, routed: Sequence[Routed], minute: Sequence[Answered]) -> None:
    for one, answered in zip(routed, minute, strict=True):
        if (answered.result.confidence or 0) >= THRESHOLD:
            tally.left_alone.append(answered.is_wrong)
        if one.routing.disposition == "auto_accept":
            tally.watched.append(answered.is_wrong)


def shown(name: str, tally: Tally) -> dict[str, Any]:
    """Return a row of the table."""
    rerouted = tally.rerouted_after
    return {
        "unseen": name,
        "accepted alone": len(tally.left_alone),
        "wrong alone": sum(tally.left_alone),
        "error alone": f"{np.mean(tally.left_alone):.2%}",
        "accepted watched": len(tally.watched),
        "wrong watched": sum(tally.watched),
        "error watched": f"{np.mean(tally.watched):.2%}" if tally.watched else "-",
        "items until reroute": rerouted,
        "limited by": tally.limited_after,
        "worst PSI": round(tally.worst_psi, 2),
    }


@pytest.mark.parametrize(
    ("topics", "first"), [([NEW_TOPIC], {"budget", "drift"}), ([], {"budget"})], ids=["one-topic", "many-intents"]
)
def test_the_watch_sends_unseen_intents_to_people(
    house: House, intents: Intents, topics: list[str], first: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    names = topics or list(intents.unseen)
    tally = run(house, intents, names)
    row = shown(f"{len(names)} intents", tally)
    with capsys.disabled():
        print("\n" + "\n".join(f"  {name:>20}  {value}" for name, value in row.items()))

    assert tally.rerouted_after is not None
    assert set(tally.limited_after) >= first
    assert sum(tally.watched) < sum(tally.left_alone)
    assert np.mean(tally.watched) < np.mean(tally.left_alone)

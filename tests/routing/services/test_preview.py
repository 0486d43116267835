"""What the tuner shows of a window's days is what the window's judgement says of them, answer for answer."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from governance.domain import uuid7
from routing.domain.cost import Assumptions
from routing.domain.policy_body import parse_policy
from routing.domain.recommend import Surroundings, recommend
from routing.domain.risk import attempt_delta
from routing.domain.tuning import Tuning
from routing.models import DriftWindow, Policy, PolicyVersion, RoutingDecision, SamplePlan, SampleWindow, Workflow
from routing.selectors.contracts import contract_facts
from routing.selectors.days import today
from routing.selectors.half_target import half_target_threshold
from routing.selectors.tuner import forget_materials, material
from routing.selectors.tuner_frame import Period
from routing.selectors.window_judgement import Judgement, judge
from routing.selectors.workflows import access_workflow
from tests.conftest import House
from tests.drawn import answer_rows, route_rows

DAY = timedelta(days=1)
LABELS = ("billing", "delivery", "other")
ASSUMED = Assumptions(review_cost=1, wrong_cost=25, review_minutes=0.5, items_a_day=1000, sample_rate=0.1)


def answered(
    house: House, seed: int, *, days_ago: int, rate: float, n: int = 300, **facts: Any
) -> list[RoutingDecision]:
    """Draw items of all confidences on one day at a rate; the less sure, the oftener wrong, and ties among them."""
    numbers = np.random.default_rng((seed, days_ago))
    sure = np.round(1 - numbers.beta(0.6, 4, n), 2)
    at = datetime.combine(today() - days_ago * DAY, time(12), tzinfo=UTC)
    facts = {"occurred_at": at, "draw_probability": rate, "drawn": True} | facts
    rows = route_rows(house, sure, labels=LABELS, **facts)
    answer_rows(rows, wrong=np.flatnonzero(numbers.random(n) < 0.4 * (1 - sure)).tolist())
    return rows


def window(house: House, *, attempt: int = 1, target: float = 0.05, first: int = -7) -> SampleWindow:
    return SampleWindow.objects.create(
        workspace=house.workspace, workflow=house.workflow, number=1, first_day=today() + first * DAY,
        last_day=today() - DAY, target=target, delta=0.1, attempt=attempt,
    )  # fmt: skip


def policy(house: House, **body: Any) -> None:
    standard = Policy.objects.get(workflow=house.workflow)
    whole = {"default_threshold": 0.9, "queue": "triage"} | body
    version = PolicyVersion.objects.create(workspace=house.workspace, policy=standard, number=9, body=whole)
    Workflow.objects.filter(id=house.workflow.id).update(policy_version=version)


def both(house: House, found: SampleWindow) -> tuple[Judgement, Tuning, list[str]]:
    """Return the judgement of the window, and the preview of the same days with its reasons."""
    forget_materials()
    workflow = access_workflow(house.workflow.key)
    judgement = judge(workflow, found)
    known = material(workflow, Period(found.first_day, found.last_day, is_chosen=True))
    closed = known.closed(found.target, today())
    assert workflow.contract_id
    tuning = known.tuning(
        parse_policy(workflow.policy_body or {}),
        labels=contract_facts(workflow.contract_id).labels,
        target=found.target,
        delta=attempt_delta(found.delta, found.attempt),
        closed=closed,
    )
    around = Surroundings(
        today=today(), drawn=known.sample.size, answered=int(known.sample.answered.sum()), closed=closed,
        held_by=known.cohort(closed.held_by), other_versions=known.other_versions, drift_on=known.drift_on,
        human=known.human,
    )  # fmt: skip
    return judgement, tuning, list(recommend(tuning, around, ASSUMED).reasons)


def assert_same(judgement: Judgement, tuning: Tuning, reasons: list[str]) -> None:
    assert judgement.reason == (reasons[0] if reasons else "")
    assert judgement.verdict == tuning.verdict
    assert judgement.counted == tuning.answers
    if not reasons:
        at = tuning.at(tuning.certified)
        assert judgement.threshold == tuning.certified
        assert (judgement.details["by_label"], at.n) == (
            [
                {"label": row.label, "n": row.n, "wrong": row.k, "bound": row.bound, "own": row.standing == "own"}
                for row in tuning.labels_at(tuning.certified)
                if row.n
            ],
            sum(row["n"] for row in judgement.details["by_label"]),
        )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("attempt", [1, 2])
def test_on_days_drawn_at_different_rates(house: House, seed: int, attempt: int) -> None:
    for days_ago, rate in ((6, 0.4), (5, 0.1), (3, 0.25), (2, 0.1)):
        answered(house, seed, days_ago=days_ago, rate=rate)
    if seed % 2:
        policy(house, label_thresholds={"delivery": 0.97, "other": None})
    judgement, tuning, reasons = both(house, window(house, attempt=attempt))
    assert 0 < judgement.counted < 1100
    assert_same(judgement, tuning, reasons)


def test_where_nothing_is_certified(house: House) -> None:
    answered(house, 0, days_ago=4, rate=0.4, n=40)
    answered(house, 0, days_ago=3, rate=0.1, n=40)
    judgement, tuning, reasons = both(house, window(house, target=0.01))
    assert judgement.reason == "too_few"
    assert_same(judgement, tuning, reasons)


def test_where_a_day_is_open(house: House) -> None:
    answered(house, 1, days_ago=5, rate=0.2)
    answered(house, 1, days_ago=4, rate=0.1)
    route_rows(house, [0.9] * 9, drawn=True, occurred_at=datetime.combine(today() - 4 * DAY, time(13), tzinfo=UTC))
    assert_same(*both(house, window(house)))
    # Nothing but what is answered is known of the first day then.
    route_rows(house, [0.9] * 9, drawn=True, occurred_at=datetime.combine(today() - 6 * DAY, time(13), tzinfo=UTC))
    judgement, _tuning, reasons = both(house, SampleWindow.objects.get())
    assert judgement.reason == reasons[0] == "no_closed_cohort"


def _alarm(house: House) -> None:
    """Raise a drift alarm today, when the window's days are over."""
    now = timezone.now()
    DriftWindow.objects.create(
        workspace=house.workspace, workflow=house.workflow, model_version_id=house.workflow.model_version_id, number=1,
        n=500, first_id=1, last_id=2, first_at=now, last_at=now, measures={}, worst_psi=0.4, level="people",
    )  # fmt: skip


def _other_before(house: House) -> None:
    answered(house, 5, days_ago=6, rate=0.5, model_version_id=uuid7())


def _other_between(house: House) -> None:
    answered(house, 5, days_ago=4, rate=0.5, model_version_id=uuid7())


@pytest.mark.parametrize(
    ("befalls", "reason", "days"),
    [(_alarm, "drift_alarm", 2), (_other_before, "", 2), (_other_between, "mixed_models", 2)],
)
def test_whatever_befell_the_model(house: House, befalls: Callable[[House], None], reason: str, days: int) -> None:
    answered(house, 2, days_ago=5, rate=0.2, n=900)
    answered(house, 2, days_ago=3, rate=0.2, n=900)
    befalls(house)
    judgement, tuning, reasons = both(house, window(house))
    assert (judgement.reason, len(judgement.closed.days)) == (reason, days)
    assert_same(judgement, tuning, reasons)


def test_a_model_that_came_in_the_middle_is_judged_by_what_it_answered_since(house: House) -> None:
    old = uuid7()
    change = datetime.combine(today() - 4 * DAY, time(12), tzinfo=UTC)
    answered(house, 3, days_ago=6, rate=0.2, model_version_id=old)
    answered(house, 3, days_ago=4, rate=0.2, n=10, model_version_id=old, occurred_at=change)
    own = answered(house, 4, days_ago=4, rate=0.2, n=600, occurred_at=change + timedelta(seconds=1))
    # Items on their way when the version changed: the new one's came a moment before the old one's last.
    early = answered(house, 6, days_ago=4, rate=0.2, n=5, occurred_at=change - timedelta(milliseconds=1))
    answered(house, 3, days_ago=4, rate=0.2, n=1, model_version_id=old, occurred_at=change - timedelta(seconds=1))
    judgement, tuning, reasons = both(house, window(house))
    assert (judgement.reason, judgement.drawn, judgement.counted) == ("", len(own), len(own))
    assert judgement.details["first_day"] == (today() - 4 * DAY).isoformat()
    assert judgement.details["last_day"] == (today() - DAY).isoformat()
    assert_same(judgement, tuning, reasons)
    assert early


def test_a_version_that_was_away_and_came_back_may_not_choose_its_beginning(house: House) -> None:
    """Its first days may have gone badly: what came after them alone would be a second test of the same version."""
    answered(house, 3, days_ago=6, rate=0.2)
    answered(house, 3, days_ago=5, rate=0.2, model_version_id=uuid7())
    answered(house, 3, days_ago=4, rate=0.2, n=900)
    judgement, _tuning, reasons = both(house, window(house))
    assert judgement.reason == reasons[0] == "mixed_models"


def test_the_half_target_rests_on_the_same_answers_and_on_what_the_policy_accepts(house: House) -> None:
    """A least threshold comes on top of a label's own one, so that the items between them are not in the sample it rests on."""
    policy(house, default_threshold=0.5, label_thresholds={"billing": 0.99})
    found = window(house, target=0.2)
    at = datetime.combine(today() - 4 * DAY, time(12), tzinfo=UTC)
    right = route_rows(house, [0.8] * 2000, labels=("billing",), drawn=True, draw_probability=0.1, occurred_at=at)
    answer_rows(right)
    mostly = route_rows(house, [0.8] * 300, labels=("other",), drawn=True, draw_probability=0.1, occurred_at=at)
    answer_rows(mostly, wrong=range(0, 300, 5))
    sure = route_rows(house, [0.95] * 200, labels=("other",), drawn=True, draw_probability=0.1, occurred_at=at)
    answer_rows(sure)
    SamplePlan.objects.create(
        workspace=house.workspace, workflow=house.workflow, target=found.target, every_days=7, starts_on=found.first_day
    )
    # One in five is wrong of what is accepted at 0.8, though one in 38 of all that is as sure.
    assert half_target_threshold(access_workflow(house.workflow.key)) == 0.95

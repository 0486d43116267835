"""The plan of the calibration sample: its rate, and windows whose ends are fixed before they begin."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from governance.domain import ForbiddenError, InvalidError
from governance.models import AuditEvent
from routing.domain.thinning import thinned
from routing.models import RateMode, SamplePlan, SampleWindow, Workflow
from routing.selectors.days import today
from routing.services.certificates import close_windows
from routing.services.sample_plan import PlanNotPossibleError, Promise, set_plan
from tests.conftest import House
from tests.drawn import route_rows
from tests.invariants import unproven

DAY = timedelta(days=1)


def plan(house: House, who: str = "owner", **said: Any) -> SamplePlan:
    promise = Promise(**({"target": 0.02, "delta": 0.05, "every_days": 7} | said))
    return set_plan(actor=house.actor(house.people[who]), workflow=house.workflow, promise=promise)


def rate_of(house: House) -> float:
    return Workflow.objects.get(id=house.workflow.id).draw_rate


def by_hand(**said: Any) -> dict[str, Any]:
    return {"mode": RateMode.BY_HAND, "rate": 0.1} | said


def test_the_rate_is_what_the_promise_needs_of_the_items_that_come(house: House) -> None:
    route_rows(house, [0.95] * 900)
    route_rows(house, [0.5] * 100, disposition="review")
    plan(house, every_days=10)
    # 313 answers for 2 % with two wrong ones, of 900 automatic items a day.
    assert rate_of(house) == pytest.approx(313 / 9000)
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        "sample.planned",
        "sample.window_opened",
        "workflow.changed",
    }
    assert unproven() == []


def test_a_rate_by_hand_is_taken_as_it_is(house: House) -> None:
    plan(house, **by_hand(rate=0.25))
    assert rate_of(house) == 0.25
    assert SamplePlan.objects.get().mode == RateMode.BY_HAND


def test_a_promise_that_can_not_be_kept_is_refused_with_what_would_be_possible(house: House) -> None:
    route_rows(house, [0.95] * 50)
    with pytest.raises(PlanNotPossibleError) as refusal, transaction.atomic():
        plan(house, every_days=1)
    assert refusal.value.extra["needed"] == 313
    assert refusal.value.extra["days"] == 7
    assert "Every 7 days" in str(refusal.value)
    assert not SamplePlan.objects.exists()


def test_without_automatic_items_nothing_can_be_computed(house: House) -> None:
    with pytest.raises(PlanNotPossibleError, match="by hand"), transaction.atomic():
        plan(house)


def test_the_first_window_begins_tomorrow_with_its_end_fixed(house: House) -> None:
    plan(house, **by_hand())
    window = SampleWindow.objects.get()
    assert (window.number, window.first_day, window.last_day) == (1, today() + DAY, today() + 7 * DAY)
    assert (window.target, window.delta, window.attempt, window.state) == (0.02, 0.05, 1, "open")


@pytest.mark.parametrize("days", [0, -3])
def test_no_window_begins_before_its_end_was_fixed(house: House, days: int) -> None:
    with pytest.raises(InvalidError, match="before its first answer") as refusal, transaction.atomic():
        plan(house, **by_hand(starts_on=today() + days * DAY))
    assert refusal.value.extra["pointer"] == "/starts_on"


def test_the_next_window_begins_where_one_ends(house: House) -> None:
    plan(house, **by_hand())
    SampleWindow.objects.update(first_day=today() - 7 * DAY, last_day=today() - DAY)
    SamplePlan.objects.update(starts_on=today() - 7 * DAY)
    close_windows(actor=house.actor(house.owner), workflow=house.workflow)
    first, second = SampleWindow.objects.order_by("number")
    assert (second.number, second.first_day, second.last_day) == (2, today(), today() + 6 * DAY)
    assert first.state == "refused"
    close_windows(actor=house.actor(house.owner), workflow=house.workflow)
    assert SampleWindow.objects.count() == 2
    assert unproven() == []


def test_windows_that_were_slept_through_follow_on_each_other(house: House) -> None:
    plan(house, **by_hand(every_days=3))
    SampleWindow.objects.update(first_day=today() - 8 * DAY, last_day=today() - 6 * DAY)
    SamplePlan.objects.update(starts_on=today() - 8 * DAY)
    close_windows(actor=house.actor(house.owner), workflow=house.workflow)
    days = list(SampleWindow.objects.order_by("number").values_list("first_day", "last_day"))
    assert days == [
        (today() - 8 * DAY, today() - 6 * DAY),
        (today() - 5 * DAY, today() - 3 * DAY),
        (today() - 2 * DAY, today()),
    ]


def test_a_changed_plan_leaves_the_window_that_runs_and_counts_from_the_next(house: House) -> None:
    plan(house, **by_hand())
    SampleWindow.objects.update(first_day=today() - 3 * DAY, last_day=today() + 3 * DAY)
    SamplePlan.objects.update(starts_on=today() - 3 * DAY)
    plan(house, **by_hand(target=0.05, every_days=14))
    window = SampleWindow.objects.get()
    assert (window.target, window.last_day) == (0.02, today() + 3 * DAY)
    SampleWindow.objects.update(first_day=today() - 7 * DAY, last_day=today() - DAY)
    close_windows(actor=house.actor(house.owner), workflow=house.workflow)
    second = SampleWindow.objects.get(number=2)
    assert (second.target, second.first_day, second.last_day) == (0.05, today(), today() + 13 * DAY)


def test_a_window_that_has_not_begun_follows_the_plan(house: House) -> None:
    plan(house, **by_hand())
    plan(house, **by_hand(every_days=30))
    window = SampleWindow.objects.get()
    assert (window.number, window.first_day, window.last_day) == (1, today() + DAY, today() + 30 * DAY)


def test_the_same_plan_again_changes_nothing(house: House) -> None:
    plan(house, **by_hand())
    before = AuditEvent.objects.count()
    plan(house, **by_hand())
    assert AuditEvent.objects.count() == before


def test_a_computed_rate_is_computed_anew_when_a_window_begins(house: House) -> None:
    route_rows(house, [0.95] * 1000)
    plan(house, every_days=7)
    before = rate_of(house)
    route_rows(house, [0.95] * 1000)
    SampleWindow.objects.update(first_day=today() - 7 * DAY, last_day=today() - DAY)
    SamplePlan.objects.update(starts_on=today() - 7 * DAY)
    close_windows(actor=house.actor(house.owner), workflow=house.workflow)
    assert rate_of(house) == pytest.approx(before / 2)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"target": 0}, "/target"),
        ({"target": 0.6}, "/target"),
        ({"delta": 0}, "/delta"),
        ({"delta": 1}, "/delta"),
        ({"every_days": 0}, "/every_days"),
        ({"every_days": 367}, "/every_days"),
        ({"rate": 1.5}, "/rate"),
        ({"rate": 0.5, "mode": RateMode.COMPUTED}, "/rate"),
    ],
    ids=lambda one: one if isinstance(one, str) else "-".join(one),
)
def test_what_can_not_be_a_plan_is_refused_with_its_place(house: House, said: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidError) as refusal, transaction.atomic():
        plan(house, **(by_hand() | said))
    assert refusal.value.extra["pointer"] == pointer


@pytest.mark.parametrize("who", ["reviewer", "lead", "auditor", "integrator"])
def test_only_whoever_configures_plans(house: House, who: str) -> None:
    with pytest.raises(ForbiddenError), transaction.atomic():
        plan(house, who, **by_hand())


def test_a_sample_of_several_rates_is_made_uniform_again() -> None:
    import numpy as np

    ids = np.arange(20_000, dtype=np.int64)
    probability = np.where(ids < 10_000, 0.4, 0.1)
    stays = thinned(ids, probability, seed="window")
    assert stays[10_000:].all()
    assert 2_300 < stays[:10_000].sum() < 2_700
    assert (stays == thinned(ids, probability, seed="window")).all()
    assert thinned(ids[:5], np.full(5, 0.3), seed="a").all()
    with pytest.raises(ValueError, match="rate"):
        thinned(ids[:2], np.array([0.0, 0.5]), seed="a")

"""The plan of the calibration sample: what is to be certified how often, how much is drawn for it, and the windows of days.

A window's end is fixed when it begins, before its first answer; the next one begins where it ends. A plan that changes leaves the
window that runs as it is and counts from the next one on. What is drawn changes at once: an item keeps the rate it was drawn at.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import Actor, Capability, InvalidError
from governance.selectors.workspaces import draw_key
from governance.services import audit
from governance.services.rights import require
from routing import actions
from routing.domain.sampling import NotPossible, Planned
from routing.models import RateMode, SamplePlan, SampleWindow, Workflow
from routing.selectors.days import today
from routing.selectors.traffic import traffic
from routing.selectors.workflows import WorkflowFacts
from routing.services.rows import lock_workflow
from routing.services.workflows import change_workflow

TARGETS = (0.0001, 0.5)
DELTAS = (0.001, 0.5)
MOST_DAYS = 366
MODES = tuple(RateMode.values)
# How many windows that are over at once are made up for; a workflow that slept longer begins anew.
_MOST_WINDOWS = 400


class PlanNotPossibleError(InvalidError):
    """Even if every item were drawn, the promise could not be kept that often."""

    code = "plan_not_possible"
    title = gettext_noop("Too few items for this promise")


@dataclass(frozen=True, slots=True)
class Promise:
    """What a plan says; `rate` is the share drawn where it is set by hand."""

    target: float
    delta: float
    every_days: int
    mode: str = RateMode.COMPUTED.value
    rate: float | None = None
    starts_on: date | None = None


def set_plan(*, actor: Actor, workflow: Workflow | WorkflowFacts, promise: Promise) -> SamplePlan:
    """Store the plan, draw at its rate from now on, and fix the first window; said again it changes nothing."""
    _check(promise)
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = lock_workflow(workflow.id)
        advance_windows(actor=actor, workflow=locked)
        before = SamplePlan.objects.filter(workflow=locked).first()
        rate = _rate(promise, locked)
        starts_on = _start(promise, before)
        plan = SamplePlan(
            workflow=locked,
            workspace_id=locked.workspace_id,
            target=promise.target,
            delta=promise.delta,
            every_days=promise.every_days,
            mode=promise.mode,
            starts_on=starts_on,
        )
        told = _told(plan)
        is_same = before is not None and _told(before) == told and locked.draw_rate == rate
        if before is not None and is_same:
            return before
        plan.save(force_insert=before is None, force_update=before is not None)
        change_workflow(actor=actor, workflow=locked, draw_rate=rate)
        audit.record(
            actor=actor,
            action=actions.SAMPLE_PLANNED,
            stream=("workflow", locked.id),
            data={"key": locked.key, "rate": rate} | told,
        )
        # A first window that has not begun gives way: nothing was drawn for it.
        SampleWindow.objects.filter(workflow=locked, first_day__gt=today()).delete()
        advance_windows(actor=actor, workflow=locked)
        return plan


def advance_windows(*, actor: Actor, workflow: Workflow | WorkflowFacts) -> None:
    """Begin the windows whose time has come, each where the one before ends, under the lock of the caller's workflow."""
    plan = SamplePlan.objects.filter(workflow_id=workflow.id).first()
    if plan is None:
        return
    for _number in range(_MOST_WINDOWS):
        last = SampleWindow.objects.filter(workflow_id=workflow.id).order_by("-number").first()
        if last is not None and last.last_day >= today():
            return
        first_day = plan.starts_on if last is None else max(last.last_day + timedelta(days=1), plan.starts_on)
        _open(actor, workflow, plan, number=1 if last is None else last.number + 1, first_day=first_day)


def described(window: SampleWindow) -> dict[str, Any]:
    """Return what events say of a window."""
    return {
        "window": str(window.id),
        "number": window.number,
        "first_day": window.first_day.isoformat(),
        "last_day": window.last_day.isoformat(),
        "target": window.target,
        "delta": window.delta,
        "attempt": window.attempt,
    }


def _open(actor: Actor, workflow: Workflow | WorkflowFacts, plan: SamplePlan, *, number: int, first_day: date) -> None:
    last_day = first_day + timedelta(days=plan.every_days - 1)
    window = SampleWindow.objects.create(
        workspace_id=plan.workspace_id,
        workflow_id=plan.workflow_id,
        number=number,
        first_day=first_day,
        last_day=last_day,
        target=plan.target,
        delta=plan.delta,
    )
    # A window that is over already was drawn as it was drawn.
    is_possible, rate = _renewed(plan) if number > 1 and last_day >= today() else (True, None)
    if rate is not None:
        change_workflow(actor=actor, workflow=lock_workflow(workflow.id), draw_rate=rate)
    audit.record(
        actor=actor,
        action=actions.WINDOW_OPENED,
        stream=("workflow", plan.workflow_id),
        data=described(window) | {"rate": rate, "is_possible": is_possible},
    )


def _renewed(plan: SamplePlan) -> tuple[bool, float | None]:
    """Return the rate at a window's beginning; none where it is set by hand, or no rate would do."""
    if plan.mode != RateMode.COMPUTED:
        return True, None
    found = traffic(plan.workflow_id).sample_for(target=plan.target, delta=plan.delta, every_days=plan.every_days)
    return (True, found.draw.rate) if isinstance(found, Planned) else (False, None)


def _rate(promise: Promise, workflow: Workflow) -> float:
    if promise.mode == RateMode.BY_HAND:
        return workflow.draw_rate if promise.rate is None else promise.rate
    found = traffic(workflow.id).sample_for(target=promise.target, delta=promise.delta, every_days=promise.every_days)
    if isinstance(found, Planned):
        return found.draw.rate
    detail = _(
        "It needs %(needed)d answers on automatic items in %(days)d days, and about %(expected)d such items come in that time."
    )
    values = {"needed": found.needed, "days": promise.every_days, "expected": int(found.expected)}
    extra = {"pointer": "/every_days", "needed": found.needed, "expected": found.expected}
    raise PlanNotPossibleError(
        f"{detail % values} {_way_out(found)}", extra=extra | {"days": found.days, "target": found.target}
    )


def _way_out(found: NotPossible) -> str:
    if found.days is None:
        return _("Nothing is accepted automatically yet: set the share by hand for now.")
    if found.days <= MOST_DAYS:
        return _("Every %(days)d days it would be possible, or with a laxer target.") % {"days": found.days}
    return _("A laxer target would be possible; or set the share by hand.")


def _start(promise: Promise, before: SamplePlan | None) -> date:
    """Return the first window's first day: a day to come, so that its end is fixed before its first answer."""
    if promise.starts_on is None:
        return before.starts_on if before is not None else today() + timedelta(days=1)
    is_kept = before is not None and before.starts_on == promise.starts_on
    if promise.starts_on <= today() and not is_kept and not draw_key().is_demo:
        raise InvalidError(
            _(
                "A window's end is fixed before its first answer, so that the first one begins tomorrow at the earliest."
            ),
            extra={"pointer": "/starts_on"},
        )
    return promise.starts_on


def _check(promise: Promise) -> None:
    problems = (
        ("/mode", promise.mode in MODES, _("The share is computed or set by hand.")),
        ("/target", TARGETS[0] <= promise.target <= TARGETS[1], _("The target lies between 0.01 % and 50 %.")),
        (
            "/delta",
            DELTAS[0] <= promise.delta <= DELTAS[1],
            _("The chance of being wrong lies between 0.1 % and 50 %."),
        ),
        ("/every_days", 1 <= promise.every_days <= MOST_DAYS, _("From 1 to 366 days.")),
        ("/rate", promise.rate is None or 0 <= promise.rate <= 1, _("The share drawn lies between 0 and 1.")),
        (
            "/rate",
            promise.mode == RateMode.BY_HAND or promise.rate is None,
            _("A share is set by hand or computed, not both."),
        ),
    )
    for pointer, holds, message in problems:
        if not holds:
            raise InvalidError(message, extra={"pointer": pointer})


def _told(plan: SamplePlan) -> dict[str, Any]:
    return {
        "target": plan.target,
        "delta": plan.delta,
        "every_days": plan.every_days,
        "mode": str(plan.mode),
        "starts_on": plan.starts_on.isoformat(),
    }

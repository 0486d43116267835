"""How a workflow's calibration sample stands: plan, windows, what is open by day, and what the answers would certify now."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from routing.domain.cohorts import Cohort, is_closed
from routing.domain.sampling import NotPossible, Planned
from routing.models import Certificate, SamplePlan, SampleWindow, WindowState
from routing.selectors.days import today
from routing.selectors.traffic import Traffic, traffic
from routing.selectors.window_judgement import Judgement, judge
from routing.selectors.workflows import WorkflowFacts

MOST_WINDOWS = 50


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """A window, with what came of it; `judgement` is what its answers say now, while it is open."""

    number: int
    first_day: date
    last_day: date
    target: float
    delta: float
    attempt: int
    state: str
    state_name: str
    refusal: dict[str, Any]
    certificate: Certificate | None
    judgement: Judgement | None

    @property
    def is_running(self) -> bool:
        """Tell whether its days are not over yet."""
        return self.state == WindowState.OPEN and self.last_day >= today()


@dataclass(frozen=True, slots=True)
class SampleState:
    """Everything that an owner looks at; `needed` is what the plan asks for as things go, none without a plan."""

    plan: SamplePlan | None
    rate: float
    seen: Traffic
    needed: Planned | NotPossible | None
    windows: list[WindowFacts]

    @property
    def open_windows(self) -> list[WindowFacts]:
        """Return the windows that are not closed and have begun, the oldest first."""
        return [window for window in reversed(self.windows) if window.judgement is not None]


def sample_state(workflow: WorkflowFacts) -> SampleState:
    """Return it, the newest window first."""
    plan = SamplePlan.objects.filter(workflow_id=workflow.id).first()
    seen = traffic(workflow.id)
    needed = None
    if plan is not None:
        needed = seen.sample_for(target=plan.target, delta=plan.delta, every_days=plan.every_days)
    rows = SampleWindow.objects.filter(workflow_id=workflow.id).select_related("certificate").order_by("-number")
    windows = [window_facts(workflow, row) for row in rows[:MOST_WINDOWS]]
    return SampleState(plan=plan, rate=workflow.draw_rate, seen=seen, needed=needed, windows=windows)


def window_facts(workflow: WorkflowFacts, row: SampleWindow) -> WindowFacts:
    """Return a window with what its answers say now, where it is open and has begun."""
    is_open = row.state == WindowState.OPEN and row.first_day <= today()
    return WindowFacts(
        number=row.number,
        first_day=row.first_day,
        last_day=row.last_day,
        target=row.target,
        delta=row.delta,
        attempt=row.attempt,
        state=row.state,
        state_name=str(WindowState(row.state).label),
        refusal=row.refusal,
        certificate=getattr(row, "certificate", None),
        judgement=judge(workflow, row) if is_open else None,
    )


def is_complete(cohort: Cohort, *, target: float) -> bool:
    """Tell whether a day counts: it is over, and so little of it is open that it may be."""
    return is_closed(cohort, target=target, today=today())

"""Drift of a workflow as it stands: its level, the windows behind it, and how far the next one is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, QuerySet, When

from routing.domain.drift import FEWEST_IN_REFERENCE, WINDOW, DriftLevel, DriftState, after_all
from routing.models import DriftReference, DriftWindow, RestrictionCause
from routing.selectors.drift import count_first, count_next
from routing.selectors.restrictions import Limit, running_limits
from routing.selectors.workflows import WorkflowFacts

SHOWN = 60
# The rows of bad and of clean windows matter up to these lengths.
_LOOKED_BACK = 4


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """A window, and the level before and after it."""

    number: int
    n: int
    first_at: datetime
    last_at: datetime
    worst_psi: float
    measures: Mapping[str, Mapping[str, Any]]
    level: str
    before: str


@dataclass(frozen=True, slots=True)
class DriftFacts:
    """Everything that pages and callers are told: the last 60 windows come oldest first.

    `reference` is None until the model version has answered 1,000 items; `have` of `need` items are there for what comes next.
    """

    level: str
    bad_in_a_row: int
    clean_in_a_row: int
    model_version_id: UUID | None
    reference: Mapping[str, Any] | None
    reference_n: int
    reference_at: datetime | None
    windows: list[WindowFacts]
    have: int
    need: int
    limit: Limit | None


def windows_of(workflow: WorkflowFacts) -> QuerySet[DriftWindow]:
    """Return the windows of the model version in charge, newest first."""
    found = DriftWindow.objects.filter(workflow_id=workflow.id, model_version_id=_version(workflow))
    return found.order_by("-number")


def reference_of_model(workflow: WorkflowFacts) -> DriftReference | None:
    """Return the reference of the model version in charge."""
    return DriftReference.objects.filter(workflow_id=workflow.id, model_version_id=_version(workflow)).first()


def _version(workflow: WorkflowFacts) -> UUID:
    """Return the model version in charge; where there is none, an id that none has."""
    return workflow.model_version_id or UUID(int=0)


def drift_state(workflow: WorkflowFacts) -> DriftState:
    """Return the level with the rows of bad and clean windows behind it.

    A new model version begins with no windows and with the level that the one before it left: a limit ends by clean windows alone.
    """
    windows = list(windows_of(workflow)[:_LOOKED_BACK])
    if windows:
        rows = after_all(window.worst_psi for window in reversed(windows))
        return DriftState(DriftLevel(windows[0].level), rows.bad_in_a_row, rows.clean_in_a_row)
    before = DriftWindow.objects.filter(workflow_id=workflow.id).order_by("-recorded_at", "-id").first()
    return DriftState(DriftLevel(before.level)) if before else DriftState()


def drift_level(workflow: WorkflowFacts) -> str:
    """Return the level alone, as the last window left it, and nothing before the first window; one statement."""
    is_present = Case(When(model_version_id=_version(workflow), then=1), default=0)
    windows = DriftWindow.objects.filter(workflow_id=workflow.id).order_by(is_present.desc(), "-recorded_at", "-id")
    return windows.values_list("level", flat=True).first() or ""


def drift_facts(workflow: WorkflowFacts) -> DriftFacts:
    """Return how the workflow's inputs and answers compare with the reference."""
    state = drift_state(workflow)
    reference = reference_of_model(workflow)
    rows = list(windows_of(workflow)[: SHOWN + 1])[::-1]
    befores = [state.level.value if not rows else "none", *(row.level for row in rows)]
    windows = [_window(row, before) for row, before in zip(rows, befores, strict=False)][-SHOWN:]
    have, need = _next(workflow, reference, rows[-1].last_id if rows else None)
    limits = (one for one in running_limits(workflow.id) if one.cause == RestrictionCause.DRIFT)
    return DriftFacts(
        level=state.level.value,
        bad_in_a_row=state.bad_in_a_row,
        clean_in_a_row=state.clean_in_a_row,
        model_version_id=workflow.model_version_id,
        reference=reference.body if reference else None,
        reference_n=reference.n if reference else 0,
        reference_at=reference.recorded_at if reference else None,
        windows=windows,
        have=have,
        need=need,
        limit=next(limits, None),
    )


def _next(workflow: WorkflowFacts, reference: DriftReference | None, last_id: int | None) -> tuple[int, int]:
    if workflow.model_version_id is None:
        return 0, FEWEST_IN_REFERENCE
    if reference is None:
        return count_first(workflow.id, workflow.model_version_id, n=FEWEST_IN_REFERENCE), FEWEST_IN_REFERENCE
    reached = last_id or reference.last_id
    return count_next(workflow.id, workflow.model_version_id, after=reached, n=WINDOW), WINDOW


def _window(row: DriftWindow, before: str) -> WindowFacts:
    return WindowFacts(
        number=row.number,
        n=row.n,
        first_at=row.first_at,
        last_at=row.last_at,
        worst_psi=row.worst_psi,
        measures=row.measures,
        level=row.level,
        before=before,
    )

"""Workflows of the entered workspace, as facts."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.domain import NotFoundError
from routing.models import BackendKind, Fallback, Workflow, WorkflowState


@dataclass(frozen=True, slots=True)
class WorkflowFacts:
    """What the stages need to know of a workflow."""

    id: UUID
    key: str
    name: str
    state: str
    fallback: str
    escalation_role: str
    escalation_queue: str
    draw_rate: float
    hold_s: int
    max_attempts: int
    contract_id: UUID | None
    model_version_id: UUID | None
    model_name: str | None
    model_version: str | None
    backend: str | None
    model_file: str | None
    model_sha256: str | None
    model_config: dict[str, Any] | None
    model_metrics: dict[str, Any] | None
    policy_version_id: UUID | None
    policy_number: int | None
    policy_body: dict[str, Any] | None

    @property
    def is_active(self) -> bool:
        """Tell whether it takes items."""
        return self.state == WorkflowState.ACTIVE

    @property
    def waits_on_failure(self) -> bool:
        """Tell whether a failed prediction is tried again rather than sent to people."""
        return self.fallback == Fallback.WAIT

    @property
    def takes_predictions(self) -> bool:
        """Tell whether predictions come with the items."""
        return self.backend == BackendKind.EXTERNAL


_COLUMNS = {
    "id": "id",
    "key": "key",
    "name": "name",
    "state": "state",
    "fallback": "fallback",
    "escalation_role": "escalation_role",
    "escalation_queue": "escalation_queue",
    "draw_rate": "draw_rate",
    "hold_s": "hold_s",
    "max_attempts": "max_attempts",
    "contract_id": "contract_id",
    "model_version_id": "model_version_id",
    "model_name": "model_version__model__name",
    "model_version": "model_version__version",
    "backend": "model_version__backend",
    "model_file": "model_version__file",
    "model_sha256": "model_version__sha256",
    "model_config": "model_version__config",
    "model_metrics": "model_version__metrics",
    "policy_version_id": "policy_version_id",
    "policy_number": "policy_version__number",
    "policy_body": "policy_version__body",
}


def workflows() -> list[WorkflowFacts]:
    """Return every workflow of the entered workspace, by name; one statement."""
    return [_facts(row) for row in Workflow.objects.order_by("name", "id").values_list(*_COLUMNS.values())]


def access_workflow(key: str) -> WorkflowFacts:
    """Return the workflow with this key, or say that there is none."""
    row = Workflow.objects.filter(key=key).values_list(*_COLUMNS.values()).first()
    if row is None:
        raise NotFoundError(detail=f"There is no workflow {key!r} in this workspace.", extra={"workflow": key})
    return _facts(row)


def workflow_by_id(workflow_id: UUID) -> WorkflowFacts | None:
    """Return the workflow with this id, if it is in the entered workspace."""
    row = Workflow.objects.filter(id=workflow_id).values_list(*_COLUMNS.values()).first()
    return None if row is None else _facts(row)


def _facts(row: tuple[Any, ...]) -> WorkflowFacts:
    return WorkflowFacts(**dict(zip(_COLUMNS, row, strict=True)))

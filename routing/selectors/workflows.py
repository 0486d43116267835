"""Workflows of the entered workspace, as facts."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import NotFoundError
from governance.selectors.private_hosts import PRIVATE_HOSTS_SQL
from governance.statements import fetch, fetch_one
from routing.models import BackendKind, Fallback, WorkflowState


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
    items_per_s: int | None
    contract_id: UUID | None
    model_version_id: UUID | None
    model_name: str | None
    model_version: str | None
    backend: str | None
    model_file: str | None
    model_sha256: str | None
    model_config: dict[str, Any] | None
    model_metrics: dict[str, Any] | None
    private_hosts: frozenset[tuple[str, int]]
    policy_version_id: UUID | None
    policy_number: int | None
    policy_body: dict[str, Any] | None
    # A version on its way into force; the items that it routes already are drawn within its line of versions.
    candidate_version_id: UUID | None = None
    candidate_policy_id: UUID | None = None
    candidate_number: int | None = None
    candidate_body: dict[str, Any] | None = None
    candidate_share: float = 0.0

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


# Hosts of one's own network matter to models over HTTP alone: they are called outside of any transaction.
_SQL = f"""
SELECT w.id, w.key, w.name, w.state, w.fallback, w.escalation_role, w.escalation_queue, w.draw_rate, w.hold_s, w.max_attempts,
       w.items_per_s, w.contract_id, w.model_version_id, m.name AS model_name, v.version AS model_version, v.backend, v.file AS model_file,
       v.sha256 AS model_sha256, v.config AS model_config, v.metrics AS model_metrics, w.policy_version_id,
       CASE WHEN v.backend = '{BackendKind.HTTP.value}' THEN {PRIVATE_HOSTS_SQL} END AS private_hosts,
       p.number AS policy_number, p.body AS policy_body,
       w.candidate_version_id, c.policy_id AS candidate_policy_id, c.number AS candidate_number, c.body AS candidate_body,
       w.candidate_share
  FROM routing_workflow w
  LEFT JOIN routing_modelversion v ON v.id = w.model_version_id
  LEFT JOIN routing_model m ON m.id = v.model_id
  LEFT JOIN routing_policyversion p ON p.id = w.policy_version_id
  LEFT JOIN routing_policyversion c ON c.id = w.candidate_version_id"""  # noqa: S608 - composed of constants
_BY_KEY_SQL = f"{_SQL} WHERE w.key = %(key)s::text"
_BY_ID_SQL = f"{_SQL} WHERE w.id = %(id)s::uuid"
_ALL_SQL = f"{_SQL} ORDER BY w.name, w.id"
_VERSIONS_SQL = "SELECT policy_version_id, candidate_version_id FROM routing_workflow WHERE id = %(id)s::uuid"


def workflows() -> list[WorkflowFacts]:
    """Return every workflow of the entered workspace, by name; one statement."""
    return [_facts(row) for row in fetch(_ALL_SQL, {})]


def access_workflow(key: str) -> WorkflowFacts:
    """Return the workflow with this key, or say that there is none."""
    row = fetch_one(_BY_KEY_SQL, {"key": key})
    if row is None:
        raise NotFoundError(
            detail=_("There is no workflow “%(key)s” in this workspace.") % {"key": key}, extra={"workflow": key}
        )
    return _facts(row)


def workflow_by_id(workflow_id: UUID) -> WorkflowFacts | None:
    """Return the workflow with this id, if it is in the entered workspace."""
    row = fetch_one(_BY_ID_SQL, {"id": workflow_id})
    return None if row is None else _facts(row)


def versions_now(workflow_id: UUID) -> tuple[UUID | None, UUID | None]:
    """Return which policy version is in force at this moment, and which is staged."""
    row = fetch_one(_VERSIONS_SQL, {"id": workflow_id})
    return (None, None) if row is None else (row["policy_version_id"], row["candidate_version_id"])


def _facts(row: dict[str, Any]) -> WorkflowFacts:
    decoded = {
        name: json.loads(row[name]) if row[name] else None
        for name in ("model_config", "model_metrics", "policy_body", "candidate_body")
    }
    hosts = frozenset((host, port) for host, port in json.loads(row["private_hosts"] or "[]"))
    return WorkflowFacts(**(row | decoded | {"private_hosts": hosts}))

"""Answers that are given often, as the workflow's reviewers are offered them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.statements import fetch
from review.domain.states import DecisionAction
from routing.selectors.contracts import contract_facts

_OFFERED_SQL = """
SELECT t.id, t.workflow_id, t.name, t.action, t.label, t.fields, t.reason_code, t.note, w.contract_id
  FROM review_answertemplate t JOIN routing_workflow w ON w.id = t.workflow_id
 WHERE t.is_active AND t.workflow_id = ANY(%(workflows)s::uuid[])
 ORDER BY t.name, t.id"""


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """An answer under a name; `label` is none where the action takes none."""

    id: UUID
    name: str
    action: str
    label: str | None
    fields: dict[str, Any]
    reason_code: str
    note: str


def templates_for(workflow_ids: Collection[UUID]) -> dict[UUID, list[TemplateFacts]]:
    """Return the templates that each workflow offers, by name; one whose label the present contract has dropped is left out."""
    offered: dict[UUID, list[TemplateFacts]] = {workflow_id: [] for workflow_id in workflow_ids}
    if offered:
        for row in fetch(_OFFERED_SQL, {"workflows": list(offered)}):
            if _is_usable(row):
                offered[row["workflow_id"]].append(_facts(row))
    return offered


def _is_usable(row: dict[str, Any]) -> bool:
    if row["action"] != DecisionAction.CORRECT or not row["label"]:
        return True
    if row["contract_id"] is None:
        return False
    labels = contract_facts(row["contract_id"]).labels
    return not labels or row["label"] in labels


def _facts(row: dict[str, Any]) -> TemplateFacts:
    names = ("id", "name", "action", "reason_code", "note")
    return TemplateFacts(
        **{name: row[name] for name in names}, label=row["label"] or None, fields=json.loads(row["fields"])
    )

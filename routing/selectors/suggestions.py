"""What the model said and why an item went where it went, for many items in one statement."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.statements import fetch

# The machine's label for an item, as a scalar subquery of a hot statement; {item} is a column.
LIVE_LABEL_SQL = (
    "(SELECT d.label FROM routing_routingdecision d WHERE d.item_id = {item} AND d.mode = 'live'"
    " ORDER BY d.attempt DESC LIMIT 1)"
)

_PREDICTIONS_SQL = """
SELECT DISTINCT ON (d.item_id) d.item_id, d.attempt, d.disposition, d.reason_code, d.reason, d.margin, d.queue_key, d.drawn,
       d.draw_probability, d.label, d.confidence, d.policy_version_id, d.model_version_id, d.occurred_at,
       p.top, p.explanation, p.latency_ms, p.failure, p.failure_detail,
       m.name AS model_name, v.version AS model_version, pv.number AS policy_number, po.name AS policy_name
  FROM routing_routingdecision d
  LEFT JOIN routing_prediction p ON p.item_id = d.item_id AND p.attempt = d.attempt
  LEFT JOIN routing_modelversion v ON v.id = d.model_version_id
  LEFT JOIN routing_model m ON m.id = v.model_id
  LEFT JOIN routing_policyversion pv ON pv.id = d.policy_version_id
  LEFT JOIN routing_policy po ON po.id = pv.policy_id
 WHERE d.item_id = ANY(%(items)s::uuid[]) AND d.mode = 'live'
 ORDER BY d.item_id, d.attempt DESC"""


@dataclass(frozen=True, slots=True)
class PredictionFacts:
    """The latest live prediction and routing decision of an item."""

    item_id: UUID
    attempt: int
    disposition: str
    reason_code: str
    reason: dict[str, Any]
    margin: float | None
    queue_key: str
    drawn: bool
    draw_probability: float
    label: str | None
    confidence: float | None
    policy_version_id: UUID | None
    model_version_id: UUID | None
    occurred_at: Any
    top: list[tuple[str, float]]
    explanation: list[tuple[str, float]]
    latency_ms: float | None
    failure: str
    failure_detail: str
    model_name: str | None
    model_version: str | None
    policy_number: int | None
    policy_name: str | None

    @property
    def model(self) -> str:
        """Name and version of the model, for people."""
        return f"{self.model_name} {self.model_version}" if self.model_name else ""


def predictions_for(item_ids: list[UUID]) -> dict[UUID, PredictionFacts]:
    """Return each item's latest live prediction with its routing decision; one statement."""
    if not item_ids:
        return {}
    rows = fetch(_PREDICTIONS_SQL, {"items": item_ids})
    return {row["item_id"]: _facts(row) for row in rows}


def _facts(row: dict[str, Any]) -> PredictionFacts:
    decoded = {
        "reason": json.loads(row["reason"]),
        "top": [tuple(pair) for pair in json.loads(row["top"] or "[]")],
        "explanation": [tuple(pair) for pair in json.loads(row["explanation"] or "[]")],
        "failure": row["failure"] or "",
        "failure_detail": row["failure_detail"] or "",
    }
    return PredictionFacts(**(row | decoded))

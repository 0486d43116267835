"""What the model said and why an item went where it went, for many items in one statement."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.statements import fetch

# The machine's label for an item, as a scalar subquery of a hot statement; {item} is a column.
LIVE_LABEL_SQL = (
    "(SELECT d.label FROM routing_routingdecision d WHERE d.item_id = {item} AND d.mode = 'live'"
    " ORDER BY d.attempt DESC LIMIT 1)"
)

_LATEST_SQL = """
SELECT d.item_id, d.attempt, d.disposition, d.reason_code, d.reason, d.margin, d.queue_key, d.drawn,
       d.draw_probability, d.label, d.confidence, d.policy_version_id, d.model_version_id, d.occurred_at,
       p.top, p.explanation, p.latency_ms, coalesce(p.failure, '') AS failure, coalesce(p.failure_detail, '') AS failure_detail,
       v.config -> 'pointers' AS reads, m.name AS model_name, v.version AS model_version, pv.number AS policy_number, po.name AS policy_name
  FROM routing_routingdecision d
  LEFT JOIN routing_prediction p ON p.item_id = d.item_id AND p.attempt = d.attempt
  LEFT JOIN routing_modelversion v ON v.id = d.model_version_id
  LEFT JOIN routing_model m ON m.id = v.model_id
  LEFT JOIN routing_policyversion pv ON pv.id = d.policy_version_id
  LEFT JOIN routing_policy po ON po.id = pv.policy_id
 WHERE d.item_id = {item} AND d.mode = 'live'
 ORDER BY d.attempt DESC LIMIT 1"""

# The latest live prediction of an item as one JSON column of a hot statement; {item} is a column.
PREDICTION_SQL = f"(SELECT to_jsonb(latest) FROM ({_LATEST_SQL}) latest)"  # noqa: S608 - constants

_PREDICTIONS_SQL = f"""
SELECT ids.id, {PREDICTION_SQL.format(item="ids.id")} AS prediction FROM unnest(%(items)s::uuid[]) AS ids (id)"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class PredictionFacts:
    """The latest live prediction and routing decision of an item; `reads` names the places that the model takes, if it says so."""

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
    occurred_at: datetime
    top: list[tuple[str, float]]
    explanation: list[tuple[str, float]]
    latency_ms: float | None
    failure: str
    failure_detail: str
    reads: list[str] | None
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
    found = {row["id"]: prediction_of(row["prediction"]) for row in rows}
    return {item_id: prediction for item_id, prediction in found.items() if prediction is not None}


def prediction_of(column: str | None) -> PredictionFacts | None:
    """Return what a PREDICTION_SQL column holds."""
    if column is None:
        return None
    row = json.loads(column)
    for name in ("item_id", "policy_version_id", "model_version_id"):
        row[name] = UUID(row[name]) if row[name] else None
    row["occurred_at"] = datetime.fromisoformat(row["occurred_at"])
    for name in ("top", "explanation"):
        row[name] = [tuple(pair) for pair in row[name] or []]
    return PredictionFacts(**row)

"""What a reviewer gets to see of a leased review: the one place that decides what a blind review leaves out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from review.domain.states import BLIND_KINDS, ReviewKind
from routing.selectors.contracts import ContractFacts, contract_facts
from routing.selectors.suggestions import PredictionFacts, predictions_for


@dataclass(frozen=True, slots=True)
class LeasedReview:
    """A review as its holder sees it; `prediction` is none where the review is blind."""

    id: UUID
    fence: int
    lease_until: datetime
    due_at: datetime
    queue_key: str
    queue_name: str
    undo_window_s: int
    is_blind: bool
    is_adjudication: bool
    item_id: UUID
    external_id: str
    occurred_at: datetime
    value: float | None
    segment: str
    flags: tuple[str, ...]
    payload: dict[str, Any]
    contract: ContractFacts
    prediction: PredictionFacts | None


def leased_reviews(rows: Sequence[dict[str, Any]]) -> list[LeasedReview]:
    """Return the rows of a claim as their holder may see them; one more statement for all their predictions."""
    shown = [row["item_id"] for row in rows if row["kind"] not in BLIND_KINDS]
    predictions = predictions_for(shown)
    return [_leased(row, predictions.get(row["item_id"])) for row in rows]


def _leased(row: dict[str, Any], prediction: PredictionFacts | None) -> LeasedReview:
    return LeasedReview(
        id=row["id"],
        fence=row["fence"],
        lease_until=row["lease_until"],
        due_at=row["due_at"],
        queue_key=row["queue_key"],
        queue_name=row["queue_name"],
        undo_window_s=row["undo_window_s"],
        is_blind=row["kind"] in BLIND_KINDS,
        is_adjudication=row["kind"] == ReviewKind.ADJUDICATION,
        item_id=row["item_id"],
        external_id=row["external_id"],
        occurred_at=row["occurred_at"],
        value=row["value"],
        segment=row["segment"],
        flags=tuple(row["flags"]),
        payload=json.loads(row["payload"]),
        contract=contract_facts(row["contract_id"]),
        prediction=prediction,
    )

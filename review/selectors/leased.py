"""What a reviewer gets to see of a leased review: the one place that decides what a blind review leaves out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.crypto import salted_hmac

from review.domain.states import UNSUGGESTED_KINDS, ReviewKind
from review.selectors.drafts import DRAFT_SQL, DraftFacts, draft_of
from routing.selectors.contracts import ContractFacts, contract_facts
from routing.selectors.disputes import DISPUTE_SQL
from routing.selectors.suggestions import PREDICTION_SQL, PredictionFacts, prediction_of

_BLIND = ", ".join(f"'{kind.value}'" for kind in sorted(UNSUGGESTED_KINDS))

# What is read of reviews that a statement has leased: `leased` are rows of review_review, `i` their items.
LEASED_COLUMNS_SQL = f"""
       leased.id, leased.fence, leased.lease_until, leased.kind, leased.due_at, q.key AS queue_key, q.name AS queue_name,
       q.undo_window_s, i.id AS item_id, i.external_id, i.contract_id, i.value, i.segment, i.flags, i.occurred_at,
       p.body AS payload, {DRAFT_SQL.format(review="leased.id", person="leased.holder_id")} AS draft,
       CASE WHEN leased.kind NOT IN ({_BLIND}) THEN {PREDICTION_SQL.format(item="i.id")} END AS prediction,
       CASE WHEN leased.kind = '{ReviewKind.ADJUDICATION.value}' THEN {DISPUTE_SQL.format(item="i.id")} END AS dispute"""


@dataclass(frozen=True, slots=True)
class LeasedReview:
    """A review as its holder sees it; `prediction` is none where the review is blind.

    `answers` are the two labels that an adjudication decides between (none: no label applies), in an order that tells nothing
    of whose they are; empty for any other review.
    """

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
    draft: DraftFacts | None = None
    answers: tuple[str | None, ...] = ()


def leased_reviews(rows: Sequence[dict[str, Any]]) -> list[LeasedReview]:
    """Return the rows of LEASED_SQL as their holder may see them."""
    return [_leased(row) for row in rows]


def _leased(row: dict[str, Any]) -> LeasedReview:
    return LeasedReview(
        id=row["id"],
        fence=row["fence"],
        lease_until=row["lease_until"],
        due_at=row["due_at"],
        queue_key=row["queue_key"],
        queue_name=row["queue_name"],
        undo_window_s=row["undo_window_s"],
        is_blind=row["kind"] in UNSUGGESTED_KINDS,
        is_adjudication=row["kind"] == ReviewKind.ADJUDICATION,
        item_id=row["item_id"],
        external_id=row["external_id"],
        occurred_at=row["occurred_at"],
        value=row["value"],
        segment=row["segment"],
        flags=tuple(row["flags"]),
        payload=json.loads(row["payload"]),
        contract=contract_facts(row["contract_id"]),
        prediction=prediction_of(row["prediction"]),
        draft=draft_of(row["draft"]),
        answers=_unattributed(row["item_id"], json.loads(row["dispute"])) if row["dispute"] else (),
    )


def _unattributed(item_id: UUID, answers: Sequence[str | None]) -> tuple[str | None, ...]:
    """Return the answers in an order that is the same at every look and that nobody can foretell."""
    return tuple(sorted(answers, key=lambda label: salted_hmac("review.dispute", f"{item_id}:{label}").digest()))

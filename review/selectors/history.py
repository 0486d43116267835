"""What a reviewer has answered lately."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.domain import Actor
from governance.statements import fetch, fetch_one
from routing.selectors.contracts import contract_facts

MOST = 20

# Looks a little further back than it shows: answers that were undone are left out.
_HISTORY_SQL = f"""
SELECT d.id AS decision_id, d.item_id, i.external_id, i.contract_id, d.label, d.action, d.occurred_at,
       d.recorded_at + make_interval(secs => q.undo_window_s) AS undo_until
  FROM (SELECT * FROM review_decision WHERE reviewer_id = %(person)s::uuid
         ORDER BY recorded_at DESC LIMIT {MOST * 3}) d
  JOIN review_review r ON r.id = d.review_id AND r.decision_id = d.id
  JOIN review_queue q ON q.id = r.queue_id
  JOIN review_item i ON i.id = d.item_id
 ORDER BY d.recorded_at DESC
 LIMIT {MOST}"""  # noqa: S608 - composed of constants

_SHIFT_SQL = """
SELECT count(*) AS decided, percentile_cont(0.5) WITHIN GROUP (ORDER BY nullif(d.active_ms, 0)) AS median_active_ms
  FROM review_decision d
  JOIN review_review r ON r.id = d.review_id AND r.decision_id = d.id
 WHERE d.reviewer_id = %(person)s::uuid AND d.recorded_at >= %(since)s::timestamptz
   AND d.occurred_at >= %(since)s::timestamptz"""


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """An effective answer of the reviewer; `title` is none where they said that no label applies."""

    decision_id: UUID
    item_id: UUID
    external_id: str
    title: str | None
    action: str
    occurred_at: datetime
    undo_until: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """How much the reviewer has decided and not taken back, and the median of the active time it took."""

    decided: int
    median_active_ms: float | None


def past_answers(actor: Actor) -> list[PastAnswer]:
    """Return the person's last 20 effective answers, newest first."""
    past = []
    for row in fetch(_HISTORY_SQL, {"person": actor.id}):
        contract_id, label = row.pop("contract_id"), row.pop("label")
        title = None if label is None else contract_facts(contract_id).label_titles.get(label, label)
        past.append(PastAnswer(**row, title=title))
    return past


def shift_since(actor: Actor, since: datetime) -> Shift:
    """Return the person's own work since a moment."""
    row = fetch_one(_SHIFT_SQL, {"person": actor.id, "since": since})
    return Shift(**row) if row else Shift(0, None)

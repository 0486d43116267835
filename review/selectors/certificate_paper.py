"""What the paper of a certificate says of people: how many answered."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from governance.statements import fetch

_PEOPLE_SQL = """
SELECT count(DISTINCT d.reviewer_id) AS people
  FROM routing_routingdecision r
  JOIN review_decision d ON d.item_id = r.item_id
  JOIN review_review v ON v.id = d.review_id AND v.decision_id = d.id
 WHERE r.workflow_id = %(workflow)s::uuid AND r.drawn AND r.mode = 'live' AND r.model_version_id = %(model_version)s::uuid
   AND r.occurred_at >= %(since)s::timestamptz AND r.occurred_at < %(until)s::timestamptz"""


def people_answering(*, workflow_id: UUID, model_version_id: UUID, first_day: date, last_day: date) -> int:
    """Return how many people answered what was drawn on these days (UTC, both inclusive)."""
    values = {
        "workflow": workflow_id,
        "model_version": model_version_id,
        "since": datetime.combine(first_day, time.min, tzinfo=UTC),
        "until": datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=UTC),
    }
    return int(fetch(_PEOPLE_SQL, values)[0]["people"])

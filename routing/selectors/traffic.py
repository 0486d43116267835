"""How many items a workflow has in a day, and which part of them goes without people."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from governance.statements import fetch
from routing.models import Assumptions

_DAYS = 14

_SQL = """
SELECT count(*) AS items, count(*) FILTER (WHERE disposition = 'auto_accept') AS automatic,
       extract(epoch FROM statement_timestamp() - min(occurred_at)) / 86400 AS days
  FROM routing_routingdecision
 WHERE workflow_id = %(workflow)s::uuid AND mode = 'live' AND occurred_at >= %(since)s::timestamptz AND occurred_at <= statement_timestamp()"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Items a day and the automatic share of them, both measured over the last 14 days where nothing else is assumed."""

    items_a_day: float
    automatic_share: float


def traffic(workflow_id: UUID) -> Traffic:
    """Return it; nothing at all where no item was routed in these days."""
    row = fetch(_SQL, {"workflow": workflow_id, "since": timezone.now() - timedelta(days=_DAYS)})[0]
    if not row["items"]:
        return Traffic(0.0, 0.0)
    assumed = Assumptions.objects.filter(workflow_id=workflow_id).values_list("items_a_day", flat=True).first()
    measured = row["items"] / max(1.0, float(row["days"]))
    return Traffic(float(assumed) if assumed else measured, row["automatic"] / row["items"])

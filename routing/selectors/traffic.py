"""How many items a workflow has in a day, and which part of them goes without people."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from governance.statements import fetch
from routing.domain.sampling import NotPossible, Planned, plan_sample
from routing.models import Assumptions

_DAYS = 14

_SQL = """
SELECT count(*) AS items, count(*) FILTER (WHERE disposition = 'auto_accept') AS automatic,
       extract(epoch FROM statement_timestamp() - min(occurred_at)) / 86400 AS days
  FROM routing_routingdecision
 WHERE workflow_id = %(workflow)s::uuid AND mode = 'live' AND occurred_at >= %(since)s::timestamptz
   AND occurred_at <= statement_timestamp()"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Items a day, as the owner assumes or else as the last 14 days had, and the automatic share that these days had."""

    items_a_day: float
    automatic_share: float

    def sample_for(self, *, target: float, delta: float, every_days: int) -> Planned | NotPossible:
        """Return how much must be drawn for this promise while as many items come; as `plan_sample`."""
        return plan_sample(
            target=target,
            delta=delta,
            every_days=every_days,
            items_a_day=self.items_a_day,
            automatic_share=self.automatic_share,
        )


def traffic(workflow_id: UUID) -> Traffic:
    """Return a workflow's traffic; 0 and 0 where no item was routed in these days."""
    row = fetch(_SQL, {"workflow": workflow_id, "since": timezone.now() - timedelta(days=_DAYS)})[0]
    if not row["items"]:
        return Traffic(0.0, 0.0)
    assumed = Assumptions.objects.filter(workflow_id=workflow_id).values_list("items_a_day", flat=True).first()
    measured = row["items"] / max(1.0, float(row["days"]))
    return Traffic(float(assumed) if assumed else measured, row["automatic"] / row["items"])

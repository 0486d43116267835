"""Days whose sample does not tell yet how often the model is wrong: an answer that agrees is settled at once, one that differs is not."""

from datetime import UTC, datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from governance.statements import fetch
from routing.domain.cohorts import Cohort, is_closed
from routing.models import SamplePlan
from routing.selectors.days import today

_DAY_S = 86_400
# Where nothing is promised.
_USUAL_TARGET = 0.02

_SQL = """
SELECT (d.occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS drawn,
       count(*) FILTER (WHERE o.item_id IS NULL) AS unanswered,
       count(*) FILTER (WHERE o.item_id IS NOT NULL AND o.closed_at IS NULL) AS unadjudicated
  FROM routing_routingdecision d
  LEFT JOIN routing_observation o ON o.item_id = d.item_id AND o.source = 'calibration'
 WHERE d.workflow_id = %(workflow)s::uuid AND d.drawn AND d.mode = 'live'
   AND d.occurred_at >= %(since)s::timestamptz AND d.occurred_at < %(until)s::timestamptz
 GROUP BY 1
HAVING count(*) > count(o.closed_at)"""

Days = NDArray[np.int64]


def open_days(workflow_id: UUID, *, since: datetime, until: datetime) -> Days:
    """Return the days in [since, until), counted from 1970, of whose sample more is open than a tenth of what is promised.

    Without them what was settled would be counted and what was not left out, which is mostly what the model had wrong. One statement,
    and one for the plan.
    """
    plan = SamplePlan.objects.filter(workflow_id=workflow_id).values_list("target", flat=True).first()
    rows = fetch(_SQL, {"workflow": workflow_id, "since": since, "until": until})
    cohorts = [Cohort(**row) for row in rows]
    now = today()
    late = [one.day for one in cohorts if not is_closed(one, target=plan or _USUAL_TARGET, today=now)]
    epoch = datetime(1970, 1, 1, tzinfo=UTC).date()
    return np.array([(day - epoch).days for day in late], dtype=np.int64)


def is_on(at: NDArray[np.float64], days: Days) -> NDArray[np.bool_]:
    """Return which of these times, in seconds since 1970, lie on one of the days."""
    return np.isin(np.floor(at / _DAY_S).astype(np.int64), days)

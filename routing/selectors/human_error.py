"""How often people are wrong themselves: blind answers of the calibration sample that a second person overruled."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from governance.statements import fetch
from routing.domain.recommend import HumanError

_PERIOD = timedelta(days=365)

# Of all settled answers; one that agreed with the model was never put to a second person.
_SQL = """
SELECT count(*) AS answers,
       count(*) FILTER (WHERE o.asked_again_at IS NOT NULL AND o.label IS DISTINCT FROM o.first_label) AS overruled
  FROM routing_observation o
 WHERE o.workflow_id = %(workflow)s::uuid AND o.source = 'calibration' AND o.closed_at IS NOT NULL AND o.wrong IS NOT NULL
   AND o.occurred_at >= %(since)s::timestamptz"""


def human_error(workflow_id: UUID) -> HumanError:
    """Return it for the last year, whatever the model version; one statement."""
    row = fetch(_SQL, {"workflow": workflow_id, "since": timezone.now() - _PERIOD})[0]
    return HumanError(overruled=row["overruled"], answers=row["answers"])

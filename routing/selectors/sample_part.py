"""Which part of a period its sample may speak of: that in which the model version in charge, and no other, has answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from governance.statements import fetch
from routing.models import DriftLevel, DriftWindow

_SQL = """
WITH versions AS (
    SELECT d.model_version_id IS NOT DISTINCT FROM %(model_version)s::uuid AS is_own, count(*) AS items,
           min(d.occurred_at) AS first_at, max(d.occurred_at) AS last_at
      FROM routing_routingdecision d
     WHERE d.workflow_id = %(workflow)s::uuid AND d.drawn AND d.mode = 'live' AND d.model_version_id IS NOT NULL
       AND d.occurred_at >= %(since)s::timestamptz AND d.occurred_at < %(until)s::timestamptz
     GROUP BY d.model_version_id
)
SELECT coalesce(sum(items) FILTER (WHERE NOT is_own), 0)::int AS others, max(last_at) FILTER (WHERE NOT is_own) AS others_until,
       coalesce(min(first_at) FILTER (WHERE is_own) <= max(first_at) FILTER (WHERE NOT is_own), false) AS came_back
  FROM versions"""
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Part:
    """From `since` on no other version has answered; `others` counts the drawn items of others where cutting them off is no remedy.

    A version that came within the period is judged by what it answered since: its first answer lies behind the end of the others, and
    the end of the period was fixed before. One that was in charge before another and came back is not: whoever could choose
    from when its answers count would test twice.
    """

    since: datetime
    others: int

    @classmethod
    def behind(cls, last_at: datetime) -> "Part":
        """Return the part behind the last answer of other versions."""
        return cls(last_at + _MOMENT, 0)


def sample_part(
    workflow_id: UUID,
    *,
    model_version_id: UUID | None,
    since: datetime,
    until: datetime,
    takes_rest: bool = False,
) -> Part:
    """Return the part of [since, until) that speaks of the version; one statement.

    `takes_rest`: also where the version came back, what lies behind the others; nobody else chose that, and it certifies nothing.
    """
    asked = {"workflow": workflow_id, "model_version": model_version_id, "since": since, "until": until}
    row = fetch(_SQL, asked)[0]
    if not row["others"]:
        return Part(since, 0)
    if row["came_back"] and not takes_rest:
        return Part(since, row["others"])
    return Part.behind(row["others_until"])


def newest_alarm(workflow_id: UUID, *, model_version_id: UUID | None, since: datetime) -> datetime | None:
    """Return when the newest drift alarm of the version since then was raised; later ones than a period's end count, too.

    A drift alarm voids certificates, and so none is begun behind one.
    """
    if model_version_id is None:
        return None
    windows = DriftWindow.objects.filter(workflow_id=workflow_id, model_version_id=model_version_id, last_at__gte=since)
    row = windows.exclude(level=DriftLevel.NONE).order_by("-number").first()
    return None if row is None else row.last_at

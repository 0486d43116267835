"""What the metrics say of the present: read across workspaces, as numbers alone."""

from dataclasses import dataclass
from uuid import UUID

from governance.statements import fetch

_QUEUES_SQL = """
SELECT workspace_id, key, depth, overdue, leased,
       coalesce(extract(epoch FROM now() - oldest_at), 0)::float8 AS oldest_s FROM aios_queue_counts()"""
_DELIVERIES_SQL = "SELECT state, total FROM aios_unsettled_deliveries()"
_LAG_SQL = "SELECT workspace_id, workflow_key, lag_s FROM aios_pipeline_lag()"


@dataclass(frozen=True, slots=True)
class QueueGauge:
    """How full a queue is."""

    workspace_id: UUID
    key: str
    depth: int
    overdue: int
    leased: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class LagGauge:
    """How long the oldest received item of a workflow has waited for its model."""

    workspace_id: UUID
    workflow_key: str
    lag_s: float


def queue_gauges() -> list[QueueGauge]:
    """Return every queue's counts; one statement."""
    return [QueueGauge(**row) for row in fetch(_QUEUES_SQL, {})]


def lag_gauges() -> list[LagGauge]:
    """Return every active workflow's lag; one statement."""
    return [LagGauge(**row) for row in fetch(_LAG_SQL, {})]


def delivery_gauges() -> dict[str, int]:
    """Return how many deliveries wait and how many are being sent, over all workspaces; counted up to 100,000."""
    return {row["state"]: row["total"] for row in fetch(_DELIVERIES_SQL, {})}

"""What drift is measured on: routed items of a model version in the order in which they came."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.statements import fetch
from routing.domain.drift_measures import Seen, seen

# How far back a reference is looked for, by time of routing. A model version that was put in charge is among the last.
_LOOKED_AT = 20_000

_COLUMNS = "d.id, d.occurred_at, d.label, d.confidence, p.input_length, p.known_share"
_IS_SEEN = """
d.mode = 'live' AND d.label IS NOT NULL AND d.model_version_id = %(model_version)s::uuid"""

# The oldest of the version among the workflow's latest.
_FIRST_SQL = f"""
SELECT {_COLUMNS}
  FROM (SELECT * FROM routing_routingdecision WHERE workflow_id = %(workflow)s::uuid
         ORDER BY occurred_at DESC LIMIT {_LOOKED_AT}) d
  JOIN routing_prediction p ON p.item_id = d.item_id AND p.attempt = d.attempt
 WHERE {_IS_SEEN}
 ORDER BY d.id LIMIT %(most)s::int"""  # noqa: S608 - composed of constants

# By time too, so that the index finds them among all workflows' items; what was committed late is let go.
_NEXT_SQL = f"""
WITH d AS MATERIALIZED (
    SELECT d.* FROM routing_routingdecision d
     WHERE d.workflow_id = %(workflow)s::uuid AND d.id > %(after)s::bigint AND {_IS_SEEN}
       AND d.occurred_at >= (SELECT occurred_at - interval '1 hour' FROM routing_routingdecision WHERE id = %(after)s::bigint)
     ORDER BY d.id LIMIT %(most)s::int
)
SELECT {_COLUMNS}
  FROM d JOIN routing_prediction p ON p.item_id = d.item_id AND p.attempt = d.attempt
 ORDER BY d.id"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive items with an answer of one model version, failures left out."""

    n: int
    first_id: int
    last_id: int
    first_at: datetime
    last_at: datetime
    items: Seen


def first_items(workflow_id: UUID, model_version_id: UUID, *, n: int) -> Stretch | None:
    """Return the first `n` of the model version (of the workflow's last 20,000); none while there are fewer."""
    return _stretch(fetch(_FIRST_SQL, _values(workflow_id, model_version_id, n)), n)


def next_items(workflow_id: UUID, model_version_id: UUID, *, after: int, n: int) -> Stretch | None:
    """Return the next `n` behind a routing decision; none while there are fewer."""
    return _stretch(fetch(_NEXT_SQL, _values(workflow_id, model_version_id, n) | {"after": after}), n)


def count_first(workflow_id: UUID, model_version_id: UUID, *, n: int) -> int:
    """Return how many of the first `n` are there."""
    return len(fetch(_FIRST_SQL, _values(workflow_id, model_version_id, n)))


def count_next(workflow_id: UUID, model_version_id: UUID, *, after: int, n: int) -> int:
    """Return how many of the next `n` are there."""
    return len(fetch(_NEXT_SQL, _values(workflow_id, model_version_id, n) | {"after": after}))


def _values(workflow_id: UUID, model_version_id: UUID, n: int) -> dict[str, Any]:
    return {"workflow": workflow_id, "model_version": model_version_id, "most": n}


def _stretch(rows: list[dict[str, Any]], n: int) -> Stretch | None:
    if len(rows) < n:
        return None
    times = [row["occurred_at"] for row in rows]
    return Stretch(
        n=len(rows),
        first_id=rows[0]["id"],
        last_id=rows[-1]["id"],
        first_at=min(times),
        last_at=max(times),
        items=seen(
            [row["label"] for row in rows],
            confidence=[row["confidence"] for row in rows],
            input_length=[row["input_length"] for row in rows],
            known_share=[row["known_share"] for row in rows],
        ),
    )

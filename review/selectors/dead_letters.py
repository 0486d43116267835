"""Dead items: why, how many, since when, and which."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.statements import fetch, fetch_one

MOST_COUNTED = 1000
MOST_PER_PAGE = 200

# Read from an index of dead items alone.
_COUNT_SQL = f"SELECT count(*) AS n FROM (SELECT FROM review_item WHERE state = 'dead' LIMIT {MOST_COUNTED}) dead"  # noqa: S608

_GROUPS_SQL = """
SELECT w.key AS workflow_key, w.name AS workflow_name, w.max_attempts, dead.failure, dead.items, dead.oldest_at
  FROM (SELECT workflow_id, failure, count(*) AS items, min(died_at) AS oldest_at
          FROM review_item WHERE state = 'dead' GROUP BY workflow_id, failure) dead
  JOIN routing_workflow w ON w.id = dead.workflow_id
 WHERE %(workflow)s::text IS NULL OR w.key = %(workflow)s::text
 ORDER BY dead.items DESC, w.name, dead.failure"""

_PAGE_SQL = f"""
SELECT i.id, i.external_id, i.failure, i.last_error, i.attempts, i.died_at, i.occurred_at, i.flags,
       w.key AS workflow_key, w.name AS workflow_name
  FROM review_item i JOIN routing_workflow w ON w.id = i.workflow_id
 WHERE i.state = 'dead' AND (%(before)s::uuid IS NULL OR i.id < %(before)s::uuid)
   AND (%(workflow)s::text IS NULL OR w.key = %(workflow)s::text)
   AND (%(failure)s::text IS NULL OR i.failure = %(failure)s::text)
 ORDER BY i.id DESC
 LIMIT least(%(most)s::int, {MOST_PER_PAGE} + 1)"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class DeadGroup:
    """The dead items of a workflow that failed of the same thing."""

    workflow_key: str
    workflow_name: str
    max_attempts: int
    failure: str
    items: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeadItem:
    """A dead item as a line of a list."""

    id: UUID
    external_id: str
    failure: str
    last_error: str
    attempts: int
    died_at: datetime | None
    occurred_at: datetime
    flags: list[str]
    workflow_key: str
    workflow_name: str


@dataclass(frozen=True, slots=True)
class DeadPage:
    """A page of dead items, and the id that the next page begins before."""

    items: list[DeadItem]
    next_before: UUID | None


def dead_count() -> int:
    """Return how many items of the workspace are dead, counted up to 1,000; one statement."""
    row = fetch_one(_COUNT_SQL, {})
    return int(row["n"]) if row else 0


def dead_groups(workflow_key: str | None = None) -> list[DeadGroup]:
    """Return the dead items by workflow and failure, the most first; one statement."""
    return [DeadGroup(**row) for row in fetch(_GROUPS_SQL, {"workflow": workflow_key})]


def dead_items(
    *, workflow_key: str | None = None, failure: str | None = None, before: UUID | None = None, count: int = 50
) -> DeadPage:
    """Return a page of dead items, newest first; one statement."""
    rows = fetch(_PAGE_SQL, {"workflow": workflow_key, "failure": failure, "before": before, "most": count + 1})
    found = [DeadItem(**row) for row in rows[:count]]
    return DeadPage(items=found, next_before=found[-1].id if len(rows) > count else None)

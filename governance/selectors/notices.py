"""What a person has been told, and how much of it they have not read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.domain import Actor
from governance.statements import fetch, fetch_one

PAGE = 50
MOST_COUNTED = 100

_PAGE_SQL = f"""
SELECT n.id, n.kind, n.from_name, n.text, n.object_kind, n.object_id, n.created_at, n.read_at
  FROM governance_notice n
 WHERE n.workspace_id = %(workspace)s::uuid AND n.person_id = %(person)s::uuid
   AND (NOT %(unread_only)s::bool OR n.read_at IS NULL)
   AND (%(before)s::uuid IS NULL OR (n.created_at, n.id) < (
        SELECT b.created_at, b.id FROM governance_notice b
         WHERE b.id = %(before)s::uuid AND b.person_id = %(person)s::uuid))
 ORDER BY n.created_at DESC, n.id DESC
 LIMIT {PAGE + 1}"""  # noqa: S608 - composed of constants

_UNREAD_SQL = f"""
SELECT count(*) AS n FROM (
    SELECT FROM governance_notice
     WHERE workspace_id = %(workspace)s::uuid AND person_id = %(person)s::uuid AND read_at IS NULL
     LIMIT {MOST_COUNTED}) unread"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """A notice to a person; `object_kind` and `object_id` name what it is about."""

    id: UUID
    kind: str
    from_name: str
    text: str
    object_kind: str
    object_id: UUID
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoticePage:
    """A page of notices, and the id that the next page begins before."""

    notices: list[NoticeFacts]
    next_before: UUID | None


def notices_of(actor: Actor, *, unread_only: bool = False, before: UUID | None = None) -> NoticePage:
    """Return the person's own notices of this workspace, newest first; one statement."""
    values = {"workspace": actor.workspace_id, "person": actor.id, "unread_only": unread_only, "before": before}
    rows = fetch(_PAGE_SQL, values)
    found = [NoticeFacts(**row) for row in rows[:PAGE]]
    return NoticePage(notices=found, next_before=found[-1].id if len(rows) > PAGE else None)


def unread_count(actor: Actor) -> int:
    """Return how many notices the person has not read, counted up to 100; one statement."""
    row = fetch_one(_UNREAD_SQL, {"workspace": actor.workspace_id, "person": actor.id})
    return int(row["n"]) if row else 0

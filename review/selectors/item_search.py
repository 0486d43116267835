"""Finding items: newest first, page by page, without telling what a veiled item has become."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.domain import Actor
from governance.statements import fetch
from review.selectors.veil import VEILED_SQL, veil_parameters

MOST_PER_PAGE = 200
_MOST_FOUND = 500

# Filters on state and label leave veiled items out: being found would tell what they have become. `asked` keeps the
# planner from lifting the veil of items whose label does not fit.
_FIND_SQL = f"""
WITH found AS MATERIALIZED (
    SELECT * FROM aios_search_items(%(words)s::text, %(before)s::uuid, {_MOST_FOUND}) AS t (id) WHERE %(words)s::text IS NOT NULL
), listed AS (
    SELECT i.id, i.external_id, i.state, i.occurred_at, i.flags, w.key AS workflow_key, w.name AS workflow_name,
           o.label, o.source, {VEILED_SQL.format(item="asked.id")} AS is_withheld
      FROM review_item i
      JOIN routing_workflow w ON w.id = i.workflow_id
      LEFT JOIN review_outcome o ON o.id = i.outcome_id
     CROSS JOIN LATERAL (SELECT coalesce(o.item_id, i.id) AS id OFFSET 0) asked
     WHERE (%(before)s::uuid IS NULL OR i.id < %(before)s::uuid)
       AND (%(workflow)s::text IS NULL OR w.key = %(workflow)s::text)
       AND (%(external_id)s::text IS NULL OR i.external_id = %(external_id)s::text)
       AND (%(state)s::text IS NULL OR i.state = %(state)s::text)
       AND (%(label)s::text IS NULL OR o.label = %(label)s::text)
       AND (%(words)s::text IS NULL OR i.id IN (SELECT id FROM found))
)
SELECT l.id, l.external_id, l.occurred_at, l.flags, l.workflow_key, l.workflow_name, l.is_withheld,
       CASE WHEN NOT l.is_withheld THEN l.state END AS state, CASE WHEN NOT l.is_withheld THEN l.label END AS label,
       CASE WHEN NOT l.is_withheld THEN l.source END AS source
  FROM listed l
 WHERE (NOT l.is_withheld OR (%(state)s::text IS NULL AND %(label)s::text IS NULL))
 ORDER BY l.id DESC
 LIMIT %(most)s::int"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A line of a list; state, label and source are none where a blind review keeps them back."""

    id: UUID
    external_id: str
    occurred_at: datetime
    flags: list[str]
    workflow_key: str
    workflow_name: str
    is_withheld: bool
    state: str | None
    label: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """What is looked for; none and empty mean that it does not matter."""

    external_id: str | None = None
    state: str | None = None
    label: str | None = None
    workflow: str | None = None
    words: str | None = None
    before: UUID | None = None
    count: int = 50


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A page of items, and the id that the next page begins before."""

    items: list[FoundItem]
    next_before: UUID | None


def find_items(actor: Actor, query: ItemQuery) -> ItemPage:
    """Return a page of the items that the query finds; one statement."""
    rows = fetch(
        _FIND_SQL,
        veil_parameters(actor)
        | {
            "words": query.words or None,
            "before": query.before,
            "workflow": query.workflow or None,
            "external_id": query.external_id or None,
            "state": query.state or None,
            "label": query.label or None,
            "most": query.count + 1,
        },
    )
    found = [FoundItem(**row) for row in rows[: query.count]]
    return ItemPage(items=found, next_before=found[-1].id if len(rows) > query.count else None)

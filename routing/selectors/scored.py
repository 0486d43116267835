"""A workflow's routed items as columns, newest first, page by page: by keyset, and without one snapshot over all of them."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from governance.statements import fetch_one
from routing.domain.columns import Columns
from routing.domain.places import HashColumn
from routing.selectors.answers import Answers
from routing.selectors.page_scope import page_scope
from routing.selectors.scored_page import Bounds, Page, Reader

PAGE_ITEMS = 50_000

_LAST_SQL = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('routing_routingdecision', 'id')::regclass), 0) AS id"
_COUNT_SQL = """
SELECT count(*) AS items FROM routing_routingdecision
 WHERE workflow_id = %(workflow)s::uuid AND mode = 'live' AND id <= %(last)s::int8
   AND occurred_at >= %(since)s::timestamptz AND occurred_at < %(until)s::timestamptz"""


def scored(
    workflow_id: UUID,
    *,
    since: datetime,
    until: datetime,
    model_version_id: UUID | None = None,
    withheld: HashColumn | None = None,
) -> Iterator[Columns]:
    """Yield the items routed in [since, until), newest first, in the caller's transaction; each by its last routing in that time.

    Those that are `withheld` are left out.
    """
    for page in pages(Bounds(workflow_id, since, until, last_decision(), model_version_id), withheld=withheld):
        yield page.looked.columns


def last_decision() -> int:
    """Return an id that no routing decision has passed so far: what is routed from now on lies beyond it."""
    row = fetch_one(_LAST_SQL, {})
    return int(row["id"]) if row else 0


def count_scored(bounds: Bounds) -> int:
    """Return how many routing decisions lie within, in the caller's transaction; an item that was routed twice counts twice."""
    row = fetch_one(
        _COUNT_SQL,
        {"workflow": bounds.workflow_id, "last": bounds.last, "since": bounds.since, "until": bounds.until},
    )
    return int(row["items"]) if row else 0


def pages(
    bounds: Bounds,
    answers: Answers | None = None,
    *,
    workspace_id: UUID | None = None,
    most: int = PAGE_ITEMS,
    withheld: HashColumn | None = None,
) -> Iterator[Page]:
    """Yield the items within the bounds with their answers, newest first, `most` decisions a page; transactions as in `page_scope`."""
    reader = Reader(bounds, answers, most, withheld)
    while True:
        with page_scope(workspace_id):
            page = reader.read()
        if page is None:
            return
        yield page

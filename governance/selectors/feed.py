"""The event feed: what was published, by its number; whoever has read up to a number has missed nothing below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.utils.translation import gettext_noop

from governance.domain import Actor, ProductError
from governance.statements import fetch

MOST_EVENTS = 1000

# Bounds and events in one statement, so of one moment: what is deleted between two would be missed without a word.
_EVENTS_SQL = """
SELECT feed.last_seq, feed.forgotten_seq, page.published_seq, page.body
  FROM governance_eventfeed feed
  LEFT JOIN LATERAL (
    SELECT m.published_seq, m.body FROM governance_outboxmessage m
     WHERE m.workspace_id = %(workspace)s::uuid AND m.published_seq > coalesce(%(after)s::int8, feed.forgotten_seq)
       AND m.endpoint_id IS NULL AND (%(types)s::text[] = '{}' OR m.type = ANY(%(types)s::text[]))
     ORDER BY m.published_seq
     LIMIT %(limit)s::int) page ON true
 WHERE feed.workspace_id = %(workspace)s::uuid
 ORDER BY page.published_seq"""


class FeedExpiredError(ProductError):
    """The cursor is older than what is kept."""

    code = "feed_expired"
    status = HTTPStatus.GONE
    title = gettext_noop("Events behind this cursor are no longer kept")


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events as they were sent, byte for byte, and the cursor of the next page."""

    events: list[bytes]
    next_after: int
    has_more: bool


def events_after(actor: Actor, *, after: int | None, limit: int, types: Sequence[str]) -> FeedPage:
    """Return published events behind the cursor, oldest first; without a cursor from the oldest that is kept."""
    values = {"workspace": actor.workspace_id, "after": after, "types": list(types), "limit": limit + 1}
    rows = fetch(_EVENTS_SQL, values)
    bounds = rows[0] if rows else {"last_seq": 0, "forgotten_seq": 0}
    oldest = bounds["forgotten_seq"]
    start = oldest if after is None else after
    if start < oldest:
        raise FeedExpiredError(
            detail=f"Events up to {oldest} have been deleted; read on from there, and see the items for what lies before.",
            extra={"oldest_after": oldest},
        )
    found = [row for row in rows if row["published_seq"] is not None]
    has_more, found = len(found) > limit, found[:limit]
    # At the end of the feed the cursor passes over what was left out, so that it does not grow old on a quiet type.
    end = found[-1]["published_seq"] if has_more else max(start, bounds["last_seq"])
    return FeedPage([bytes(row["body"]) for row in found], next_after=end, has_more=has_more)

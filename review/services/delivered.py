"""Writing into an item's trail that an endpoint has taken what the item came to."""

from collections.abc import Sequence

from governance.domain import Actor
from governance.services import audit
from governance.services.deliver import Delivered
from governance.statements import fetch
from review.domain import actions

# Items in one order for all; an item with several delivered events counts them all.
_RECORD_SQL = f"""
WITH input AS MATERIALIZED (
    SELECT t.*, row_number() OVER (PARTITION BY item_id ORDER BY place) AS turn, count(*) OVER (PARTITION BY item_id) AS turns
      FROM unnest(%(items)s::uuid[], %(bodies)s::bytea[]) WITH ORDINALITY AS t (item_id, body, place)
), locked AS MATERIALIZED (
    SELECT id FROM review_item WHERE id = ANY(%(items)s::uuid[]) ORDER BY id FOR UPDATE
), counted AS (
    UPDATE review_item i SET event_count = i.event_count + input.turns
      FROM locked JOIN input ON input.item_id = locked.id AND input.turn = 1 WHERE i.id = locked.id
    RETURNING i.id, i.event_count
), events AS (
    SELECT 'item' AS stream_kind, counted.id AS stream_id, counted.event_count - input.turns + input.turn AS stream_seq,
           '{actions.ITEM_DELIVERED}' AS action, NULL::timestamptz AS occurred_at, input.body
      FROM counted JOIN input ON input.item_id = counted.id
), {audit.APPEND_SQL}
SELECT id FROM counted"""  # noqa: S608 - composed of constants


def record_delivered(actor: Actor, delivered: Sequence[Delivered]) -> None:
    """Append one event to the item's stream for each; test events belong to no item."""
    of_items = [one for one in delivered if one.stream[0] == "item"]
    if not of_items:
        return
    bodies = [
        audit.body(
            actions.ITEM_DELIVERED,
            {"endpoint": str(one.endpoint_id), "message": str(one.message_id), "type": one.type},
        )
        for one in of_items
    ]
    values = {"items": [one.stream[1] for one in of_items], "bodies": bodies}
    fetch(_RECORD_SQL, audit.parameters(actor) | values)

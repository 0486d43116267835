"""Taking an item back before its outcome has left."""

from uuid import UUID

from django.db import transaction

from governance.domain import Actor, ConflictError, NotFoundError
from governance.services import audit, outbox
from governance.statements import fetch, fetch_one
from review.domain import actions
from review.domain.states import ItemState, states_before

# Reviews are locked before the item, in the order in which claiming and deciding lock them.
_LOCK_SQL = """
SELECT r.id FROM review_review r WHERE r.item_id = %(item)s::uuid AND r.state IN ('open', 'leased', 'decided')
 ORDER BY r.id FOR UPDATE"""

_REVIEWS_SQL = "SELECT id FROM review_review WHERE item_id = %(item)s::uuid AND state IN ('open', 'leased', 'decided')"

_STATE_SQL = "SELECT state FROM review_item WHERE id = %(item)s::uuid FOR UPDATE"

_WITHDRAW_SQL = f"""
WITH moved AS (
    UPDATE review_item i
       SET state = 'withdrawn', fence = i.fence + 1, lease_until = NULL, event_count = i.event_count + 1, outcome_id = NULL
     WHERE i.id = %(item)s::uuid AND i.state = %(before)s::text
    RETURNING i.id, i.event_count
), cancelled AS (
    UPDATE review_review r
       SET state = 'cancelled', holder_id = NULL, lease_until = NULL, fence = r.fence + 1
      FROM moved WHERE r.item_id = moved.id AND r.state IN ('open', 'leased')
), recalled_keys AS (
    SELECT o.dedupe_key FROM governance_outboxmessage o JOIN moved ON o.stream_id = moved.id AND o.published_seq IS NULL
), {outbox.RECALL_SQL}, events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.ITEM_WITHDRAWN}' AS action,
           NULL::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM moved
), {audit.APPEND_SQL}
SELECT id FROM moved"""  # noqa: S608 - composed of constants


def withdraw_item(*, actor: Actor, item_id: UUID) -> None:
    """Withdraw an item that is not resolved; open reviews of it are cancelled, and a held outcome never leaves.

    Withdrawing it again changes nothing and succeeds.
    """
    with transaction.atomic(savepoint=False):
        state = _locked_state(item_id)
        if state is ItemState.WITHDRAWN:
            return
        if state not in states_before(ItemState.WITHDRAWN):
            raise ConflictError(
                detail=f"The item is {state.value}: its outcome has left. Amend it instead.",
                extra={"state": state.value},
            )
        body = audit.body(actions.ITEM_WITHDRAWN, {"from": state.value})
        fetch(
            _WITHDRAW_SQL,
            audit.parameters(actor) | {"item": item_id, "before": state.value, "body": body},
        )


def _locked_state(item_id: UUID) -> ItemState:
    """Lock the item behind all of its reviews and return its state."""
    while (state := _lock_in_order(item_id)) is None:
        pass
    return state


def _lock_in_order(item_id: UUID) -> ItemState | None:
    """Lock reviews, then the item; none, and nothing locked, where the pipeline has made a review in between."""
    with transaction.atomic():
        known = fetch(_LOCK_SQL, {"item": item_id})
        row = fetch_one(_STATE_SQL, {"item": item_id})
        if row is None:
            raise NotFoundError(detail="There is no such item.", extra={"item": str(item_id)})
        if len(fetch(_REVIEWS_SQL, {"item": item_id})) > len(known):
            transaction.set_rollback(True)
            return None
        return ItemState(row["state"])

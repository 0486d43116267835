"""Taking an item back before its outcome has left."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, ConflictError, NotFoundError
from governance.services import audit, outbox
from governance.statements import fetch, fetch_one
from review.domain import actions
from review.domain.states import ItemState, states_before
from review.selectors.waiting import NOTIFY_SQL
from routing.services.observations import GIVE_UP_SQL

# Reviews are locked before the item, in the order in which claiming and deciding lock them.
_LOCK_SQL = """
SELECT r.id FROM review_review r WHERE r.item_id = %(item)s::uuid AND r.state IN ('open', 'leased', 'decided')
 ORDER BY r.id FOR UPDATE"""

_REVIEWS_SQL = "SELECT id FROM review_review WHERE item_id = %(item)s::uuid AND state IN ('open', 'leased', 'decided')"

_STATE_SQL = "SELECT state, outcome_id FROM review_item WHERE id = %(item)s::uuid FOR UPDATE"

# A held item goes only if its message could still be taken back: the relay may be publishing it at this moment, and
# whichever of the two comes second finds the message gone or published.
_WITHDRAW_SQL = f"""
WITH recalled_keys AS (
    SELECT 'outcome:' || %(outcome)s::text AS dedupe_key WHERE %(outcome)s::text IS NOT NULL
), {outbox.RECALL_SQL}, moved AS (
    UPDATE review_item i
       SET state = 'withdrawn', fence = i.fence + 1, lease_until = NULL, event_count = i.event_count + 1, outcome_id = NULL,
           failure = '', died_at = NULL
     WHERE i.id = %(item)s::uuid AND i.state = %(before)s::text
       AND (%(outcome)s::text IS NULL OR EXISTS (SELECT FROM recalled))
    RETURNING i.id, i.event_count, i.state, i.waited_until
), cancelled AS (
    UPDATE review_review r
       SET state = 'cancelled', holder_id = NULL, lease_until = NULL, fence = r.fence + 1
      FROM moved WHERE r.item_id = moved.id AND r.state IN ('open', 'leased')
), gone AS (
    SELECT id AS item_id FROM moved
), {GIVE_UP_SQL}, events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.ITEM_WITHDRAWN}' AS action,
           NULL::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM moved
), {audit.APPEND_SQL}
SELECT id, {NOTIFY_SQL} FROM moved"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class _Locked:
    """A locked item's state, and its outcome where it has one."""

    state: ItemState
    outcome_id: UUID | None


def withdraw_item(*, actor: Actor, item_id: UUID, only_from: Collection[ItemState] | None = None) -> None:
    """Withdraw an item whose outcome has not left; open reviews of it are cancelled, and a held outcome never leaves.

    Withdrawing it again changes nothing and succeeds. `only_from` narrows the states in which it may be.
    """
    with transaction.atomic(savepoint=False):
        locked = _lock(item_id)
        if locked.state is ItemState.WITHDRAWN:
            return
        if only_from is not None and locked.state not in only_from:
            raise ConflictError(detail=f"The item is {locked.state.value}.", extra={"state": locked.state.value})
        if locked.state not in states_before(ItemState.WITHDRAWN):
            raise _has_left(locked.state)
        body = audit.body(actions.ITEM_WITHDRAWN, {"from": locked.state.value})
        facts = {"item": item_id, "before": locked.state.value, "outcome": locked.outcome_id, "body": body}
        if not fetch(_WITHDRAW_SQL, audit.parameters(actor) | facts):
            raise _has_left(locked.state)


def _has_left(state: ItemState) -> ConflictError:
    return ConflictError(
        detail=f"The item is {state.value} and its outcome has left. Amend it instead.", extra={"state": state.value}
    )


def _lock(item_id: UUID) -> _Locked:
    """Lock the item behind all of its reviews."""
    while (locked := _lock_in_order(item_id)) is None:
        pass
    return locked


def _lock_in_order(item_id: UUID) -> _Locked | None:
    """Lock reviews, then the item; none, and nothing locked, where the pipeline has made a review in between."""
    with transaction.atomic():
        known = fetch(_LOCK_SQL, {"item": item_id})
        row = fetch_one(_STATE_SQL, {"item": item_id})
        if row is None:
            raise NotFoundError(detail=_("There is no such item."), extra={"item": str(item_id)})
        if len(fetch(_REVIEWS_SQL, {"item": item_id})) > len(known):
            transaction.set_rollback(True)
            return None
        return _Locked(ItemState(row["state"]), row["outcome_id"])

"""Giving an open review to one person: nobody else is handed it until they pass it on or a lead takes it from them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, Capability, InvalidError, NoticeKind, StaleStateError
from governance.selectors.colleagues import colleague_as_actor
from governance.selectors.names import initials_of
from governance.services import audit
from governance.services.notices import tell_people
from governance.services.rights import require
from governance.statements import fetch, fetch_one
from review.domain import actions
from review.domain.errors import CannotReviewError, NoSuchReviewError, ReviewNotOpenError
from review.domain.states import ReviewState
from review.selectors.queues import may_work

_LOAD_SQL = """
SELECT r.id, r.item_id, r.state, r.holder_id, r.assigned_to, r.skipped_by, q.key AS queue_key, q.name AS queue_name,
       i.external_id, (SELECT u.name FROM governance_user u WHERE u.id = r.holder_id) AS holder_name
  FROM review_review r
  JOIN review_queue q ON q.id = r.queue_id
  JOIN review_item i ON i.id = r.item_id
 WHERE r.id = %(review)s::uuid
   FOR UPDATE OF r"""

# A claim hands nobody an item on which they hold or have given another answer.
_HAS_ANSWERED_SQL = """
SELECT EXISTS (SELECT FROM review_review o
                WHERE o.item_id = %(item)s::uuid AND o.id <> %(review)s::uuid AND o.holder_id = %(person)s::uuid
                  AND o.state IN ('leased', 'decided')) AS found"""

_ASSIGN_SQL = f"""
WITH assigned AS (
    UPDATE review_review r SET assigned_to = %(person)s::uuid
     WHERE r.id = %(review)s::uuid AND r.state = %(state)s::text AND r.assigned_to IS DISTINCT FROM %(person)s::uuid
    RETURNING r.item_id
), counted AS (
    UPDATE review_item i SET event_count = i.event_count + 1 FROM assigned WHERE i.id = assigned.item_id
    RETURNING i.id, i.event_count
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.REVIEW_ASSIGNED}' AS action,
           NULL::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM counted
), {audit.APPEND_SQL}
SELECT id FROM counted"""  # noqa: S608 - composed of constants


@dataclass(frozen=True, slots=True)
class Assignee:
    """Whom a review is given to."""

    id: UUID
    name: str

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        return initials_of(self.name)


def assign_review(*, actor: Actor, review_id: UUID, person: UUID | None) -> Assignee | None:
    """Give a review to a person who may work its queue, and tell them; with none it is everybody's again.

    What somebody else holds is left to them: 409. Said again it changes nothing and tells nobody twice.
    """
    with transaction.atomic(savepoint=False):
        require(actor, Capability.LEAD_QUEUES)
        row = fetch_one(_LOAD_SQL, {"review": review_id})
        if row is None:
            raise NoSuchReviewError(_("There is no such review."), extra={"review": str(review_id)})
        _check_open(row, actor, person)
        chosen = None if person is None else _chosen(row, person)
        if row["assigned_to"] != person:
            _write(actor, row, chosen)
            if chosen is not None and chosen.id != actor.id:
                _tell(actor, row, chosen)
        return None if chosen is None or chosen.id is None else Assignee(id=chosen.id, name=chosen.name)


def _check_open(row: dict[str, Any], actor: Actor, person: UUID | None) -> None:
    extra = {"review": str(row["id"])}
    if row["state"] not in (ReviewState.OPEN, ReviewState.LEASED):
        raise ReviewNotOpenError(_("This review is closed; there is nothing left to give to anybody."), extra=extra)
    if row["state"] != ReviewState.LEASED or row["holder_id"] == person:
        return
    if row["holder_id"] == actor.id:
        raise ReviewNotOpenError(_("You hold this review yourself; give it back first."), extra=extra)
    detail = _("%(name)s holds this review now. Wait until they are done, or take it back first.")
    raise ReviewNotOpenError(detail % {"name": row["holder_name"]}, extra=extra)


def _chosen(row: dict[str, Any], person: UUID) -> Actor:
    """Return the person as an actor; refuse whoever would never be handed the review."""
    pointer = {"pointer": "/person"}
    chosen = colleague_as_actor(person)
    if chosen is None:
        raise InvalidError(_("Only an active member who reviews here can be given a review."), extra=pointer)
    named = {"name": chosen.name, "queue": row["queue_name"]}
    if not may_work(chosen, row["queue_key"]):
        raise CannotReviewError(_("%(name)s does not work the queue “%(queue)s”.") % named, extra=pointer)
    if person in row["skipped_by"]:
        raise CannotReviewError(_("%(name)s has skipped this review; choose somebody else.") % named, extra=pointer)
    if fetch(_HAS_ANSWERED_SQL, {"item": row["item_id"], "review": row["id"], "person": person})[0]["found"]:
        raise CannotReviewError(
            _("%(name)s has another review of this item; choose somebody else.") % named, extra=pointer
        )
    return chosen


def _write(actor: Actor, row: dict[str, Any], chosen: Actor | None) -> None:
    data = {"person": None if chosen is None else str(chosen.pseudonym), "review": str(row["id"])}
    values = {
        "review": row["id"],
        "state": row["state"],
        "person": None if chosen is None else chosen.id,
        "body": audit.body(actions.REVIEW_ASSIGNED, data),
    }
    if not fetch(_ASSIGN_SQL, audit.parameters(actor) | values):
        raise StaleStateError(_("The review has moved on in the meantime."))


def _tell(actor: Actor, row: dict[str, Any], chosen: Actor) -> None:
    text = _("%(name)s gives you item %(item)s in %(queue)s.")
    tell_people(
        actor=actor,
        people=[chosen.id] if chosen.id else [],
        kind=NoticeKind.ASSIGNMENT,
        text=text % {"name": actor.name, "item": row["external_id"], "queue": row["queue_name"]},
        about=("item", row["item_id"]),
    )

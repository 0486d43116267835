"""Passing a review on to those who know more: to another queue of its workflow, and to the notice of people by name."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.domain import Actor, InvalidError, NoticeKind, StaleStateError
from governance.selectors.members import pseudonyms_of
from governance.services.notices import tell_people
from governance.statements import fetch_one
from review.domain import actions
from review.services.reopen import ended_by, reopen

MOST_MENTIONS = 10

# The queue that was asked for must be of the same workflow; the workflow's own choice may be any queue here.
_TARGET_SQL = """
SELECT q.key, q.name FROM routing_workflow w
  JOIN review_queue q ON q.key = coalesce(%(queue)s::text, w.escalation_queue)
 WHERE w.id = %(workflow)s::uuid AND (%(queue)s::text IS NULL OR q.workflow_id = w.id)"""


def escalate_review(
    *,
    actor: Actor,
    row: dict[str, Any],
    reason_code: str,
    note: str,
    queue: str | None = None,
    mentions: tuple[UUID, ...] = (),
) -> None:
    """Move the review to a queue of its workflow, by default the one for escalations, and tell those who are named."""
    target = fetch_one(_TARGET_SQL, {"queue": queue, "workflow": row["workflow_id"]})
    if target is None and queue is not None:
        raise InvalidError(
            detail=_("This workflow has no queue “%(key)s”.") % {"key": queue}, extra={"pointer": "/queue"}
        )
    if target is None:
        raise StaleStateError(detail=_("The workflow's queue for escalations is gone; name another one."))
    if target["key"] == row["queue_key"]:
        raise InvalidError(
            detail=_("This review is in the queue “%(name)s” already.") % {"name": target["name"]},
            extra={"pointer": "/action" if queue is None else "/queue"},
        )
    data = ended_by(row, reason_code, note) | {"queue": target["key"]}
    if mentions:
        data["mentions"] = _tell(actor, row, target["name"], note, mentions)
    if not reopen(actor, row["id"], row["fence"], actions.REVIEW_ESCALATED, data, queue=target["key"]):
        raise StaleStateError(
            detail=_("The review could not be moved to the queue “%(name)s”.") % {"name": target["name"]}
        )


def facts_of_escalation(*, queue: str | None, mentions: tuple[UUID, ...]) -> dict[str, Any]:
    """Return what the event of such an escalation says, so that another one under the same fence is not taken for it."""
    facts: dict[str, Any] = {} if queue is None else {"queue": queue}
    if mentions:
        known = pseudonyms_of(mentions, ended_too=True)
        facts["mentions"] = [str(known.get(person)) for person in mentions]
    return facts


def _tell(actor: Actor, row: dict[str, Any], queue_name: str, note: str, mentions: tuple[UUID, ...]) -> list[str]:
    """Tell the people and return their pseudonyms; refuse whoever does not review here."""
    facts = {"name": actor.name, "item": row["external_id"], "queue": queue_name}
    text = _("%(name)s asks you about item %(item)s in %(queue)s") % facts
    told = tell_people(
        actor=actor,
        people=mentions,
        kind=NoticeKind.MENTION,
        text=f"{text}: {note}" if note else f"{text}.",
        about=("item", row["item_id"]),
    )
    unknown = [number for number, person in enumerate(mentions) if person not in told]
    if unknown:
        raise InvalidError(
            detail=_("Only active members of this workspace who review can be asked."),
            extra={
                "errors": [
                    {"pointer": f"/mentions/{number}", "code": "unknown", "message": _("Nobody here who reviews.")}
                    for number in unknown
                ],
                "pointer": f"/mentions/{unknown[0]}",
            },
        )
    return [str(told[person]) for person in mentions]

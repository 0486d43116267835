"""Looking at sensitive fields: a person names the places and a reason, and the item's trail keeps both, never the values."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, ActorKind, Capability, ConflictError, ForbiddenError, InvalidError
from governance.services import audit
from governance.services.rights import require
from governance.statements import fetch
from review.domain import actions
from review.domain.masking import mask
from review.domain.reveal_reasons import NEED_A_NOTE, RevealReason
from review.selectors.payloads import whole_payload
from review.services.answers import check_note
from routing.domain.pointers import resolve

MOST_POINTERS = 50

_RECORD_SQL = f"""
WITH counted AS (
    UPDATE review_item i SET event_count = i.event_count + 1 WHERE i.id = %(item)s::uuid
    RETURNING i.id, i.event_count
), events AS (
    SELECT 'item' AS stream_kind, id AS stream_id, event_count AS stream_seq, '{actions.ITEM_REVEALED}' AS action,
           NULL::timestamptz AS occurred_at, %(body)s::bytea AS body
      FROM counted
), {audit.APPEND_SQL}
SELECT id FROM counted"""  # noqa: S608 - composed of constants


def reveal_fields(
    *, actor: Actor, item_id: UUID, pointers: Sequence[str], reason: RevealReason, note: str = ""
) -> dict[str, Any]:
    """Return what stands at masked places of an item, and record in its trail who looked at which and why.

    A blind review is no obstacle: the content tells nothing of what the machine said of it.
    """
    _check(actor, pointers, reason, note)
    with transaction.atomic(savepoint=False):
        found = whole_payload(item_id)
        if found.payload is None:
            raise ConflictError(detail=_("The content of this item was erased."), extra={"item": str(item_id)})
        wanted = tuple(dict.fromkeys(pointers))
        _refuse_others(pointers, mask(found.payload, found.contract.sensitive).pointers)
        data = {"pointers": list(wanted), "reason_code": reason.value} | ({"note": note} if note else {})
        body = audit.body(actions.ITEM_REVEALED, data)
        fetch(_RECORD_SQL, audit.parameters(actor) | {"item": item_id, "body": body})
        return {place: resolve(found.payload, place) for place in wanted}


def _check(actor: Actor, pointers: Sequence[str], reason: RevealReason, note: str) -> None:
    require(actor, Capability.SEE_ITEMS)
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(detail=_("Only a person reveals fields; an API client is shown items whole."))
    if not 1 <= len(pointers) <= MOST_POINTERS:
        raise InvalidError(
            detail=_("Between 1 and %(most)d places are revealed at once.") % {"most": MOST_POINTERS},
            extra={"pointer": "/pointers"},
        )
    check_note(note)
    if reason in NEED_A_NOTE and not note.strip():
        raise InvalidError(detail=_("Say in the note what it is needed for."), extra={"pointer": "/note"})


def _refuse_others(pointers: Sequence[str], masked: Sequence[str]) -> None:
    """Refuse what is not masked: nothing is hidden there, or there is no such place."""
    errors = [
        {"pointer": f"/pointers/{at}", "code": "not_masked", "message": _("No masked field of this item stands here.")}
        for at, place in enumerate(pointers)
        if place not in masked
    ]
    if errors:
        raise InvalidError(
            detail=_("%(wrong)d of %(asked)d places hold no masked field.")
            % {"wrong": len(errors), "asked": len(pointers)},
            extra={"errors": errors[:20], "masked": list(masked[:MOST_POINTERS])},
        )

"""Sensitive fields, one reasoned and recorded look at a time."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import desk_shapes as shapes
from review.domain.reveal_reasons import RevealReason
from review.services.answers import NOTE_LENGTH
from review.services.reveal import MOST_POINTERS, reveal_fields

_REASONS = {reason.value: reason for reason in RevealReason}


class Reveal(ApiView):
    """What an item hides from people."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.SEE_ITEMS}

    @extend_schema(
        operation_id="reveal_fields",
        tags=["items"],
        request=shapes.RevealShape,
        responses={200: shapes.RevealedShape} | REFUSALS,
    )
    def post(self, request: Request, item_id: UUID) -> HttpResponse:
        """Return the values at masked places; the item's trail says who looked at which, when and why."""
        body = Body(request.data, known={"pointers", "reason_code", "note"})
        pointers = _pointers(body)
        reason = _REASONS.get(body.text("reason_code", most=63, is_required=True))
        if reason is None and not body.errors:
            body.refuse("/reason_code", "unknown", f"One of {', '.join(_REASONS)} is expected.")
        note = body.prose("note", most=NOTE_LENGTH)
        body.close()
        values = reveal_fields(
            actor=self.actor, item_id=item_id, pointers=pointers, reason=reason or RevealReason.OTHER, note=note
        )
        return json_response({"values": values})


def _pointers(body: Body) -> list[str]:
    asked = body.any("pointers")
    if not isinstance(asked, list) or not 1 <= len(asked) <= MOST_POINTERS:
        body.refuse("/pointers", "type", f"A list of 1 to {MOST_POINTERS} JSON Pointers is expected.")
        return []
    for at, one in enumerate(asked):
        if not isinstance(one, str):
            body.refuse(f"/pointers/{at}", "type", "A JSON Pointer is a text.")
    return asked

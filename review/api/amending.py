"""An outcome that has left, and turns out to be wrong."""

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
from review.api import item_shapes as shapes
from review.api import shown_item
from review.selectors.item_detail import OutcomeFacts
from review.services.amend import KEEP, Amendment, amend_item
from review.services.answers import NOTE_LENGTH

_AMENDMENT = frozenset({"label", "fields", "reason_code", "note", "supersedes"})


class Amend(ApiView):
    """Another answer to a resolved item."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.AMEND}

    @extend_schema(
        operation_id="amend_item",
        tags=["items"],
        request=shapes.AmendmentShape,
        responses={200: shapes.AmendedShape} | REFUSALS,
    )
    def post(self, request: Request, item_id: UUID) -> HttpResponse:
        """Amend the outcome of a resolved item; the new one leaves at once as the event `item.amended`.

        What is not sent stays as it is. Sent again right after, it answers with the stored amendment. While the item is held,
        409: undo the decision instead.
        """
        body = Body(request.data, known=_AMENDMENT)
        label = body.text("label", most=200) or None
        fields = body.members("fields")
        reason_code, note = body.text("reason_code", most=63), body.prose("note", most=NOTE_LENGTH)
        supersedes = _uuid(body, "supersedes")
        if not body.has("label") and not body.has("fields"):
            body.refuse("", "required", "An amendment says what the label or the fields are to be.")
        body.close()
        amendment = amend_item(
            actor=self.actor,
            item_id=item_id,
            label=label if body.has("label") else KEEP,
            fields=fields if body.has("fields") else KEEP,
            reason_code=reason_code,
            note=note,
            supersedes=supersedes,
        )
        return json_response(_amended(amendment, self.actor.pseudonym))


def _uuid(body: Body, name: str) -> UUID | None:
    text = body.text(name, most=36)
    try:
        return UUID(text) if text else None
    except ValueError:
        body.refuse(f"/{name}", "format", "The id of an outcome is expected.")
        return None


def _amended(amendment: Amendment, amended_by: UUID) -> dict[str, object]:
    outcome = OutcomeFacts(
        id=amendment.outcome_id,
        label=amendment.label,
        fields=amendment.fields,
        source="amended",
        decision_id=None,
        recorded_at=amendment.recorded_at,
        supersedes=amendment.supersedes,
        amended_by=amended_by,
        reason_code=amendment.reason_code,
        note=amendment.note,
    )
    return {
        "id": amendment.item_id,
        "outcome": shown_item.outcome(outcome),
        "supersedes": amendment.supersedes,
    }

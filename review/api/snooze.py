"""A review that is put off."""

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
from review.api.reviews import MOST_FENCE
from review.services.answers import NOTE_LENGTH
from review.services.snooze import snooze_review


class Snooze(ApiView):
    """A lease that is given back until later."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.REVIEW}

    @extend_schema(
        operation_id="snooze_review",
        tags=["reviews"],
        request=shapes.SnoozeShape,
        responses={200: shapes.SnoozedShape} | REFUSALS,
    )
    def post(self, request: Request, review_id: UUID) -> HttpResponse:
        """Let nobody have the review before then, and everyone afterwards; 409 where the lease has ended or passed on.

        Its due time stays. The caller's draft is kept, and a repeated call answers as the first one did.
        """
        body = Body(request.data, known={"fence", "until", "note"})
        fence = body.whole("fence", least=0, most=MOST_FENCE)
        until = body.time("until")
        note = body.prose("note", most=NOTE_LENGTH)
        body.close()
        snoozed_until = snooze_review(actor=self.actor, review_id=review_id, fence=fence, until=until, note=note)
        return json_response({"snoozed_until": snoozed_until})

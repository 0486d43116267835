"""What a person types for a review, kept until they answer."""

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
from review.services.drafts import DraftContent, save_draft


class DraftView(ApiView):
    """The caller's own draft for a review."""

    required: ClassVar[dict[str, Capability]] = {"PUT": Capability.REVIEW}

    @extend_schema(
        operation_id="save_draft",
        tags=["reviews"],
        request=shapes.NewDraftShape,
        responses={200: shapes.SavedShape} | REFUSALS,
    )
    def put(self, request: Request, review_id: UUID) -> HttpResponse:
        """Keep what the caller has typed, also after their lease has ended; whoever leases the review again gets their own.

        409 only for a review that the caller never had. Answering, skipping and escalating take the draft away, and after
        30 days it is forgotten.
        """
        body = Body(request.data, known={"fence", "label", "fields", "note", "reason_code"})
        fence = body.whole("fence", least=0, most=MOST_FENCE)
        content = DraftContent(
            label=body.text("label", most=200) or None,
            fields=body.members("fields"),
            note=body.prose("note", most=NOTE_LENGTH),
            reason_code=body.text("reason_code", most=63),
        )
        body.close()
        saved_at = save_draft(actor=self.actor, review_id=review_id, fence=fence, content=content)
        return json_response({"saved_at": saved_at})

"""What helps a person judge a review."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api.context_shapes import ContextShape
from review.selectors.context import AlikeItem, ReviewContext, review_context


class Context(ApiView):
    """Precedents, open items alike, and the model's card."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.REVIEW}

    @extend_schema(operation_id="review_context", tags=["reviews"], responses={200: ContextShape} | REFUSALS)
    def get(self, _request: Request, review_id: UUID) -> HttpResponse:
        """Return what the review's holder, or whoever may work its queue, can lean on; nothing where it is blind."""
        return json_response(_shown(review_context(self.actor, review_id)))


def _shown(context: ReviewContext) -> dict[str, Any]:
    precedents = [
        _alike(one)
        | {
            "label": one.label,
            "label_title": _("No label applies") if one.label_title is None else one.label_title,
            "decided_at": one.decided_at,
        }
        for one in context.precedents
    ]
    similar = [{"review": one.review_id} | _alike(one) for one in context.similar_open]
    return {"precedents": precedents, "similar_open": similar, "model": _model(context)}


def _alike(one: AlikeItem) -> dict[str, Any]:
    return {"item": one.item_id, "external_id": one.external_id, "title": one.title, "similarity": one.similarity}


def _model(context: ReviewContext) -> dict[str, Any] | None:
    model, contract = context.model, context.contract
    if model is None or contract is None:
        return None
    titles = contract.label_titles
    return {
        "name": model.name,
        "version": model.version,
        "backend": model.backend,
        "registered_at": model.registered_at,
        "metrics": model.metrics,
        "labels": [{"value": label, "title": titles.get(label, label)} for label in model.labels or contract.labels],
        "known_failures": model.known_failures,
    }

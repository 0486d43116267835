"""Working together: a review given to a person, and one answer to several reviews."""

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import team_shapes
from review.domain.states import DecisionAction
from review.services.answers import NOTE_LENGTH
from review.services.assign import assign_review
from review.services.bulk import MOST_AT_ONCE, TAKEN, BulkResult, decide_in_bulk
from review.services.decide import Answer

_BULK_ACTIONS = {action.value: action for action in sorted(TAKEN)}


class Assign(ApiView):
    """A review that is one person's to take."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.LEAD_QUEUES}

    @extend_schema(
        operation_id="assign_review",
        tags=["reviews"],
        request=team_shapes.AssignShape,
        responses={200: team_shapes.AssignedShape} | REFUSALS,
    )
    def post(self, request: Request, review_id: UUID) -> HttpResponse:
        """Give the review to somebody who may work its queue, and tell them; null gives it back to everybody.

        409 where it is closed, or somebody else holds it.
        """
        body = Body(request.data, known={"person"})
        person = body.id_or_null("person")
        body.close()
        chosen = assign_review(actor=self.actor, review_id=review_id, person=person)
        shown = None if chosen is None else {"id": chosen.id, "name": chosen.name, "initials": chosen.initials}
        return json_response({"review": review_id, "assigned_to": shown})


class Bulk(ApiView):
    """One answer to several reviews, each in a transaction of its own."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.REVIEW}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who calls, in a transaction that ends before the first review."""
        with transaction.atomic():
            super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refusal; what DRF marks to be rolled back is this transaction and no other."""
        with transaction.atomic():
            return super().handle_exception(exc)

    @extend_schema(
        operation_id="decide_in_bulk",
        tags=["reviews"],
        request=team_shapes.BulkShape,
        responses={200: team_shapes.BulkResultsShape} | REFUSALS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Answer up to 50 reviews alike, in queues that allow it; each has its own decision, or its own problem.

        Blind reviews and adjudications are never among them. Sent again it decides nothing twice.
        """
        review_ids, answer = _bulk(request)
        results = decide_in_bulk(actor=self.actor, review_ids=review_ids, answer=answer)
        return json_response({"results": [_result(one) for one in results]})


def _bulk(request: Request) -> tuple[list[UUID], Answer]:
    body = Body(request.data, known={"reviews", "action", "label", "reason_code", "note"})
    review_ids = body.ids("reviews", most=MOST_AT_ONCE, is_required=True)
    action = _BULK_ACTIONS.get(body.text("action", most=16, is_required=True))
    if action is None and not body.errors:
        body.refuse("/action", "unknown", f"One of {', '.join(_BULK_ACTIONS)} is expected.")
    label = body.text("label", most=200) or None
    if label is not None and action is DecisionAction.REJECT:
        body.refuse("/label", "unexpected", "A rejection has no label.")
    answer = Answer(
        action=action or DecisionAction.REJECT,
        label=label,
        reason_code=body.text("reason_code", most=63, is_required=True),
        note=body.prose("note", most=NOTE_LENGTH),
    )
    body.close()
    return review_ids, answer


def _result(result: BulkResult) -> dict[str, Any]:
    decided, problem = result.decided, result.problem
    decision = decided and {
        "id": decided.decision_id,
        "action": decided.action,
        "label": decided.label,
        "recorded_at": decided.recorded_at,
        "undo_until": decided.undo_until,
    }
    refusal = problem and {
        "code": problem.code,
        "title": problem.title,
        "status": int(problem.status),
        "detail": problem.detail,
    }
    return {"review": result.review_id, "decision": decision, "problem": refusal}

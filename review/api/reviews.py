"""A leased review: keep it, give it back, answer it."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.problems import problem_of
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import shapes, shown
from review.domain.errors import StaleFenceError
from review.domain.states import DecisionAction
from review.services.answers import NOTE_LENGTH
from review.services.claim import claim_reviews, renew_lease
from review.services.decide import Answer, Decided, record_decision
from review.services.escalate import MOST_MENTIONS
from review.services.reopen import release_review
from review.services.undo import undo_decision

MOST_NEXT = 5
MOST_FENCE = 2**63 - 1
MOST_ACTIVE_MS = 2**31 - 1
_ACTIONS = {action.value: action for action in DecisionAction}
_ESCALATION = ("queue", "mentions")
_ANSWER = frozenset(
    {"fence", "action", "label", "fields", "reason_code", "note", "active_ms", "claim_next", *_ESCALATION}
)


class Renew(ApiView):
    """A lease that is to last longer."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.REVIEW}

    @extend_schema(
        operation_id="renew_lease",
        tags=["reviews"],
        request=shapes.FenceShape,
        responses={200: shapes.LeaseShape} | REFUSALS,
    )
    def post(self, request: Request, review_id: UUID) -> HttpResponse:
        """Lengthen the caller's lease; 409 where it has ended or passed on."""
        until = renew_lease(actor=self.actor, review_id=review_id, fence=_fence(request))
        return json_response({"lease_until": until})


class Release(ApiView):
    """A lease that is given back."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.REVIEW}

    @extend_schema(
        operation_id="release_review",
        tags=["reviews"],
        request=shapes.FenceShape,
        responses={200: shapes.ReleasedShape} | REFUSALS,
    )
    def post(self, request: Request, review_id: UUID) -> HttpResponse:
        """Open the review for everyone again; 409 where the lease had ended or passed on."""
        release_review(actor=self.actor, review_id=review_id, fence=_fence(request))
        return json_response({"released": True})


class Decide(ApiView):
    """The answer to a review, and the next ones in the same round trip."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.REVIEW}

    @extend_schema(
        operation_id="decide",
        tags=["reviews"],
        request=shapes.AnswerShape,
        responses={200: shapes.DecidedShape} | REFUSALS,
    )
    def post(self, request: Request, review_id: UUID) -> HttpResponse:
        """Record the answer under its fence; repeated with the same fence and body it returns the stored one.

        An answer under an old fence changes nothing: 409 with what was kept.
        """
        fence, answer, claim_next = _answer(request)
        decided = record_decision(actor=self.actor, review_id=review_id, fence=fence, answer=answer)
        if isinstance(decided, StaleFenceError):
            return problem_of(decided)  # returned, not raised: what was kept is to be committed
        reviews = claim_reviews(actor=self.actor, count=claim_next) if claim_next else []
        return json_response(_decided(decided) | {"next": [shown.leased(review) for review in reviews]})


class Undo(ApiView):
    """A decision that is taken back before anything has left."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.REVIEW}

    @extend_schema(
        operation_id="undo_decision",
        tags=["reviews"],
        request=None,
        responses={200: shapes.UndoneShape} | REFUSALS,
    )
    def post(self, _request: Request, decision_id: UUID) -> HttpResponse:
        """Recall the caller's own decision inside the undo window and lease the review to them again."""
        return json_response({"review": shown.leased(undo_decision(actor=self.actor, decision_id=decision_id))})


def _fence(request: Request) -> int:
    body = Body(request.data, known={"fence"})
    fence = body.whole("fence", least=0, most=MOST_FENCE)
    body.close()
    return fence


def _answer(request: Request) -> tuple[int, Answer, int]:
    body = Body(request.data, known=_ANSWER)
    fence = body.whole("fence", least=0, most=MOST_FENCE)
    action = _ACTIONS.get(body.text("action", most=16, is_required=True))
    if action is None and not body.errors:
        body.refuse("/action", "unknown", f"One of {', '.join(_ACTIONS)} is expected.")
    for name in _ESCALATION:
        if action not in (None, DecisionAction.ESCALATE) and body.any(name) is not None:
            body.refuse(f"/{name}", "unexpected", "Only an escalation takes this.")
    answer = Answer(
        action=action or DecisionAction.SKIP,
        label=body.text("label", most=200) or None,
        fields=body.members("fields"),
        reason_code=body.text("reason_code", most=63),
        note=body.prose("note", most=NOTE_LENGTH),
        active_ms=body.whole("active_ms", least=0, most=MOST_ACTIVE_MS, default=0),
        queue=body.text("queue", most=63) or None,
        mentions=tuple(body.ids("mentions", most=MOST_MENTIONS)),
    )
    claim_next = body.whole("claim_next", least=0, most=MOST_NEXT, default=0)
    body.close()
    return fence, answer, claim_next


def _decided(decided: Decided) -> dict[str, object]:
    if decided.decision_id is None:
        return {"decision": None, "undo_until": None}
    return {
        "decision": {
            "id": decided.decision_id,
            "action": decided.action,
            "label": decided.label,
            "recorded_at": decided.recorded_at,
        },
        "undo_until": decided.undo_until,
    }

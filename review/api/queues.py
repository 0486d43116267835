"""Queues: how full they are, and work out of them."""

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import shapes, shown
from review.selectors.presence import Present, present_at
from review.selectors.queues import QueueFacts, queues_for
from review.services.claim import MOST_AT_ONCE, claim_reviews


class QueueList(ApiView):
    """The queues that the caller may work; whoever leads sees all."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_ITEMS}

    @extend_schema(operation_id="list_queues", tags=["queues"], responses={200: shapes.QueuesShape} | REFUSALS)
    def get(self, _request: Request) -> HttpResponse:
        """Return depth, oldest age, due and overdue counts, and who is at work."""
        queues = queues_for(self.actor)
        present = present_at(self.actor, queues)
        return json_response({"queues": [_queue(queue, present.get(queue.key, [])) for queue in queues]})


class Claim(ApiView):
    """Work from all of the caller's queues, or from one."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.REVIEW}

    @extend_schema(
        operation_id="claim",
        tags=["queues"],
        request=shapes.ClaimShape,
        responses={200: shapes.ReviewsShape} | REFUSALS,
    )
    def post(self, request: Request, queue_key: str | None = None) -> HttpResponse:
        """Lease up to `count` reviews to the caller; an empty list means that nothing waits."""
        body = Body(request.data, known={"count"})
        count = body.whole("count", least=1, most=MOST_AT_ONCE, default=1)
        body.close()
        reviews = claim_reviews(actor=self.actor, count=count, queue_key=queue_key)
        return json_response({"reviews": [shown.leased(review) for review in reviews]})


class ClaimFromQueue(Claim):
    """Work from one queue."""

    @extend_schema(
        operation_id="claim_from_queue",
        tags=["queues"],
        request=shapes.ClaimShape,
        responses={200: shapes.ReviewsShape} | REFUSALS,
    )
    def post(self, request: Request, queue_key: str | None = None) -> HttpResponse:
        """Lease up to `count` reviews of this queue to the caller."""
        return super().post(request, queue_key)


def _queue(queue: QueueFacts, present: list[Present]) -> dict[str, object]:
    return {
        "key": queue.key,
        "name": queue.name,
        "workflow": {"key": queue.workflow_key, "name": queue.workflow_name},
        "is_paused": queue.is_paused,
        "may_work": queue.may_work,
        "depth": queue.depth,
        "overdue": queue.overdue,
        "due_soon": queue.due_soon,
        "oldest_at": queue.oldest_at,
        "leased": queue.leased,
        "reviewers": queue.reviewers,
        "present": [person.as_json() for person in present],
    }

"""The event feed: everything that was published, in order, for those who pull instead of being called."""

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from governance.api.shapes import REFUSALS, ProblemShape
from governance.api.views import ApiView
from governance.domain import EVENT_TYPES, Capability
from governance.selectors.feed import MOST_EVENTS, events_after
from review.api import delivery_shapes as shapes
from review.api.deliveries import refused_parameter

PAGE = 100
_LAST_SEQ = 2**63 - 1


class Events(ApiView):
    """The workspace's published events. Only roles that never review may read it: it tells every outcome."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_EVENTS}

    @extend_schema(
        operation_id="read_events",
        tags=["events"],
        parameters=[
            OpenApiParameter(
                "after", int, description="`next_after` of the page before; without it from the oldest kept."
            ),
            OpenApiParameter("limit", int, description=f"1 to {MOST_EVENTS}, else {PAGE}."),
            OpenApiParameter("types", str, description="Event types, separated by commas; all without."),
        ],
        responses={200: shapes.EventsShape, (410, "application/problem+json"): ProblemShape} | REFUSALS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return events behind the cursor, byte for byte as webhooks carry them; 410 where the cursor is too old."""
        page = events_after(
            self.actor,
            after=_number(request, "after", least=0, most=_LAST_SEQ),
            limit=_number(request, "limit", least=1, most=MOST_EVENTS) or PAGE,
            types=_types(request),
        )
        more = b"true" if page.has_more else b"false"
        body = b'{"events":[%b],"next_after":%d,"has_more":%b}' % (b",".join(page.events), page.next_after, more)
        return HttpResponse(body, content_type="application/json")


def _number(request: Request, name: str, *, least: int, most: int) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and least <= int(text[:20]) <= most):
        raise refused_parameter(name, f"A whole number from {least} to {most} is expected.")
    return int(text)


def _types(request: Request) -> list[str]:
    types = [text for text in request.query_params.get("types", "").split(",") if text]
    if not set(types) <= set(EVENT_TYPES):
        raise refused_parameter("types", f"Out of {', '.join(EVENT_TYPES)}, separated by commas, is expected.")
    return types

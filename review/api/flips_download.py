"""The items that a replay sends another way, as a table."""

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from governance.api.errors import FieldsInvalidError
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from governance.selectors.scope import enter_workspace
from review.api.replays import FILTERS, flip_members, flip_query
from review.selectors.flips import Flip, flip_pages
from review.services.tables import CSV_TYPE, csv_of
from routing.selectors.replays import access_replay

_COLUMNS = (
    "item_id", "external_id", "occurred_at", "label", "confidence", "value", "segment", "from", "to", "said", "answer",
)  # fmt: skip


class FlipsDownload(ApiView):
    """The items as a file; they are read in transactions of their own while they leave."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who calls, in a transaction that ends before the items are read."""
        with transaction.atomic():
            super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="download_flips",
        tags=["replays"],
        parameters=[OpenApiParameter("format", str, enum=["csv"], description="csv, if it is not said."), *FILTERS],
        responses={(200, CSV_TYPE): OpenApiResponse(OpenApiTypes.BINARY)} | REFUSALS,
    )
    def get(self, request: Request, replay_id: UUID) -> StreamingHttpResponse:
        """Stream them as CSV, the newest first, with the same filters as the list.

        Items that the caller may yet be asked about without suggestion are left out.
        """
        if request.query_params.get("format", "csv") != "csv":
            raise FieldsInvalidError(
                detail="format is csv.",
                extra={"errors": [{"parameter": "format", "code": "invalid", "message": "There is no such format."}]},
            )
        query = flip_query(request)
        with transaction.atomic():
            enter_workspace(self.actor.workspace_id)
            replay = access_replay(replay_id)
        pages = map(_rows, flip_pages(self.actor, replay, query))
        response = StreamingHttpResponse(csv_of(_COLUMNS, pages), content_type=CSV_TYPE)
        name = f"{replay.workflow_key}-replay-{replay.requested_at:%Y-%m-%d-%H%M}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _rows(page: list[Flip]) -> Iterator[dict[str, Any]]:
    for flip in page:
        members = flip_members(flip)
        item = members.pop("item")
        yield {"item_id": item["id"], "external_id": item["external_id"]} | members

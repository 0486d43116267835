"""Labelled corrections: frozen, listed, and streamed out."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.errors import FieldsInvalidError
from governance.api.idempotent import IDEMPOTENCY_KEY, idempotently
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from governance.selectors.scope import enter_workspace
from review.api import setup_shapes as shapes
from review.selectors.datasets import DatasetFacts, access_dataset, datasets
from review.services.datasets import create_dataset, record_download, stream_dataset

MEDIA_TYPES = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


class DatasetList(ApiView):
    """The workspace's datasets."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.EXPORT, "POST": Capability.EXPORT}

    @extend_schema(operation_id="list_datasets", tags=["datasets"], responses={200: shapes.DatasetsShape} | REFUSALS)
    def get(self, _request: Request) -> HttpResponse:
        """Return the datasets, newest first."""
        return json_response({"datasets": [_dataset(dataset) for dataset in datasets()]})

    @extend_schema(
        operation_id="create_dataset",
        tags=["datasets"],
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewDatasetShape,
        responses={201: shapes.DatasetShape} | REFUSALS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Freeze the answers of a workflow and a period."""
        body = Body(request.data, known={"workflow", "period_from", "period_to"})
        workflow_key = body.text("workflow", most=63, is_required=True)
        start, end = body.time("period_from"), body.time("period_to")
        body.close()
        return idempotently(request, self.actor, lambda: self._create(workflow_key, start, end))

    def _create(self, workflow_key: str, start: datetime, end: datetime) -> HttpResponse:
        dataset = create_dataset(actor=self.actor, workflow_key=workflow_key, period_from=start, period_to=end)
        return json_response(_dataset(access_dataset(dataset.id)), status=HTTPStatus.CREATED)


class DatasetDownload(ApiView):
    """A dataset as a file; its rows are read in transactions of their own while they leave."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.EXPORT}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who calls, in a transaction that ends before the rows are read."""
        with transaction.atomic():
            super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="download_dataset",
        tags=["datasets"],
        parameters=[OpenApiParameter("format", str, enum=list(MEDIA_TYPES), description="jsonl, if it is not said.")],
        responses={(200, kind): OpenApiResponse(OpenApiTypes.BINARY) for kind in MEDIA_TYPES.values()} | REFUSALS,
    )
    def get(self, request: Request, dataset_id: UUID) -> StreamingHttpResponse:
        """Stream the dataset as JSONL (lossless), CSV or Parquet."""
        form = request.query_params.get("format", "jsonl")
        if form not in MEDIA_TYPES:
            raise FieldsInvalidError(
                detail=f"format is one of {', '.join(MEDIA_TYPES)}.",
                extra={"errors": [{"parameter": "format", "code": "invalid", "message": "There is no such format."}]},
            )
        with transaction.atomic():
            enter_workspace(self.actor.workspace_id)
            dataset = access_dataset(dataset_id)
            record_download(actor=self.actor, dataset_id=dataset_id, form=form)
        response = StreamingHttpResponse(stream_dataset(dataset, form), content_type=MEDIA_TYPES[form])
        response["Content-Disposition"] = f'attachment; filename="{dataset.file_name(form)}"'
        return response


def _dataset(dataset: DatasetFacts) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "workflow": dataset.workflow_key,
        "number": dataset.number,
        "period_from": dataset.period_from,
        "period_to": dataset.period_to,
        "frozen_at": dataset.frozen_at,
        "rows": dataset.row_count,
    }

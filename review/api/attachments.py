"""Files that payloads refer to by their hash."""

from http import HTTPStatus
from typing import ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.errors import FieldsInvalidError
from governance.api.parsers import RawParser, read_limited
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import setup_shapes as shapes
from review.selectors.attachments import access_attachment, attachment_content
from review.services.attachments import store_attachment

_MULTIPART_FRAME = 64 << 10
_SHOWN_IN_PLACE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class AttachmentList(ApiView):
    """Where files are sent to."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.SEND_ITEMS}
    parser_classes = (MultiPartParser, RawParser)

    @property
    def max_bytes(self) -> int:
        """Return how large a request may be: the file and, in a form, the frame around it."""
        return int(settings.AIOS_ATTACHMENT_BYTES) + _MULTIPART_FRAME

    @extend_schema(
        operation_id="store_attachment",
        tags=["attachments"],
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            },
            "application/octet-stream": OpenApiTypes.BINARY,
        },
        responses={201: shapes.AttachmentShape, 200: shapes.AttachmentShape} | REFUSALS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Keep a file: 201 once it is stored, 200 where the same bytes are there already."""
        content, name = _file(request)
        attachment, is_new = store_attachment(actor=self.actor, content=content, name=name)
        told = {
            "sha256": attachment.sha256,
            "media_type": attachment.media_type,
            "size": attachment.size,
            "name": attachment.name,
            "url": reverse("api:attachment", args=[attachment.sha256]),
        }
        return json_response(told, status=HTTPStatus.CREATED if is_new else HTTPStatus.OK)


class AttachmentView(ApiView):
    """One stored file."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_ITEMS}

    @extend_schema(
        operation_id="see_attachment",
        tags=["attachments"],
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)} | REFUSALS,
    )
    def get(self, _request: Request, sha256: str) -> HttpResponse:
        """Return the file; a browser shows images in place and runs nothing of it."""
        attachment = access_attachment(sha256)
        response = HttpResponse(attachment_content(attachment), content_type=attachment.media_type)
        place = "inline" if attachment.media_type in _SHOWN_IN_PLACE else "attachment"
        response["Content-Disposition"] = f'{place}; filename="{sha256[:16]}"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Cache-Control"] = "private, max-age=3600, immutable"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response


def _file(request: Request) -> tuple[bytes, str]:
    if not isinstance(request.data, bytes):
        sent = request.FILES.get("file")
        if sent is None:
            raise FieldsInvalidError(detail="The form has no file named `file`.")
        return read_limited(sent.file, settings.AIOS_ATTACHMENT_BYTES), sent.name or ""
    return request.data, ""

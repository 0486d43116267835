"""What the caller has been told by colleagues."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.errors import FieldsInvalidError
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability, NoticeKind
from governance.selectors.notices import NoticeFacts, notices_of, unread_count
from governance.services.notices import read_notices

MOST_READ = 100
_FLAGS = {"": False, "0": False, "false": False, "1": True, "true": True}


class AboutShape(serializers.Serializer[object]):
    """The thing that a notice is about."""

    kind = serializers.CharField()
    id = serializers.UUIDField()


class NoticeShape(serializers.Serializer[object]):
    """A notice to the caller."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField([kind.value for kind in NoticeKind])
    from_name = serializers.CharField()
    text = serializers.CharField()
    about = AboutShape()
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NoticesShape(serializers.Serializer[object]):
    """The caller's notices, newest first; `unread` is counted up to 100."""

    notices = NoticeShape(many=True)
    next_before = serializers.UUIDField(allow_null=True)
    unread = serializers.IntegerField()


class ReadShape(serializers.Serializer[object]):
    """Which notices were read; all where no ids are given."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_READ, required=False)


class HaveReadShape(serializers.Serializer[object]):
    """How many were marked as read, and how many are left."""

    read = serializers.IntegerField()
    unread = serializers.IntegerField()


class Notices(ApiView):
    """The caller's own notices."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.REVIEW}

    @extend_schema(
        operation_id="list_notices",
        tags=["people"],
        parameters=[
            OpenApiParameter("unread", bool, description="Only those that have not been read."),
            OpenApiParameter("before", UUID, description="`next_before` of the page before this one."),
        ],
        responses={200: NoticesShape} | REFUSALS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return up to 50 notices, newest first, and how many are unread."""
        unread_only = _flag(request.query_params.get("unread", ""))
        page = notices_of(self.actor, unread_only=unread_only, before=_before(request.query_params.get("before", "")))
        return json_response(
            {
                "notices": [_notice(one) for one in page.notices],
                "next_before": page.next_before,
                "unread": unread_count(self.actor),
            },
        )


class NoticesRead(ApiView):
    """Notices that the caller has read."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.REVIEW}

    @extend_schema(
        operation_id="read_notices",
        tags=["people"],
        request=ReadShape,
        responses={200: HaveReadShape} | REFUSALS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Mark these notices as read, or all of the caller's; whatever is not theirs is left alone."""
        body = Body(request.data, known={"ids"})
        ids = body.ids("ids", most=MOST_READ)
        is_all = body.any("ids") is None
        body.close()
        read = read_notices(actor=self.actor, ids=None if is_all else ids)
        return json_response({"read": read, "unread": unread_count(self.actor)})


def _notice(notice: NoticeFacts) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "from_name": notice.from_name,
        "text": notice.text,
        "about": {"kind": notice.object_kind, "id": notice.object_id},
        "created_at": notice.created_at,
        "read_at": notice.read_at,
    }


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise _refused("unread", "1 or 0 is expected.")
    return _FLAGS[text]


def _before(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise _refused("before", "A notice's id is expected.") from None


def _refused(parameter: str, message: str) -> FieldsInvalidError:
    return FieldsInvalidError(
        detail=f"{parameter}: {message}",
        extra={"errors": [{"parameter": parameter, "code": "invalid", "message": message}]},
    )

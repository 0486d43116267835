"""The people of the workspace who may be asked or given work."""

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from governance.selectors.colleagues import colleagues


class ColleagueShape(serializers.Serializer[object]):
    """A member who may review."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    initials = serializers.CharField()
    role = serializers.CharField()


class ColleaguesShape(serializers.Serializer[object]):
    """The members who may review, by name."""

    people = ColleagueShape(many=True)


class People(ApiView):
    """Whoever may review here."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.REVIEW}

    @extend_schema(operation_id="list_people", tags=["people"], responses={200: ColleaguesShape} | REFUSALS)
    def get(self, _request: Request) -> HttpResponse:
        """Return the active members who may review: who may be mentioned, and be given a review."""
        found = colleagues()
        return json_response(
            {"people": [{"id": p.id, "name": p.name, "initials": p.initials, "role": p.role} for p in found]},
        )

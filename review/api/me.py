"""Who the caller is: for integrators trying their token, and the floor of every benchmark."""

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import setup_shapes


class Me(ApiView):
    """The caller, as the product knows them."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_ITEMS}

    @extend_schema(operation_id="who_am_i", tags=["people"], responses={200: setup_shapes.MeShape} | REFUSALS)
    def get(self, request: Request) -> HttpResponse:
        """Return what the token or session stands for."""
        actor = self.actor
        return json_response(
            {
                "kind": actor.kind.value,
                "id": str(actor.id) if actor.id else None,
                "name": actor.name,
                "role": actor.role.value if actor.role else None,
                "workspace": str(actor.workspace_id),
            },
        )

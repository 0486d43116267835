"""Answers that are given often in a workflow, for its reviewers."""

from dataclasses import asdict
from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import desk_shapes as shapes
from review.selectors.templates import templates_for
from routing.selectors.workflows import access_workflow


class TemplateList(ApiView):
    """A workflow's answer templates."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.REVIEW}

    @extend_schema(operation_id="list_templates", tags=["workflows"], responses={200: shapes.TemplatesShape} | REFUSALS)
    def get(self, _request: Request, workflow_key: str) -> HttpResponse:
        """Return what the workflow offers, by name; what its present contract no longer takes is left out."""
        workflow = access_workflow(workflow_key)
        return json_response({"templates": [asdict(one) for one in templates_for([workflow.id])[workflow.id]]})

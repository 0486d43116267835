"""Workflows and their contracts, for those who send items or look after them."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import setup_shapes as shapes
from review.api.shown import labels
from routing.selectors.contracts import contract_facts
from routing.selectors.workflows import WorkflowFacts, access_workflow, workflows


class WorkflowList(ApiView):
    """The workspace's workflows."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_ITEMS}

    @extend_schema(operation_id="list_workflows", tags=["workflows"], responses={200: shapes.WorkflowsShape} | REFUSALS)
    def get(self, _request: Request) -> HttpResponse:
        """Return every workflow's key, name and state."""
        return json_response({"workflows": [_workflow(workflow) for workflow in workflows()]})


class WorkflowView(ApiView):
    """One workflow."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_ITEMS}

    @extend_schema(operation_id="see_workflow", tags=["workflows"], responses={200: shapes.WorkflowShape} | REFUSALS)
    def get(self, _request: Request, workflow_key: str) -> HttpResponse:
        """Return the workflow with its present contract: what goes in, what comes out, and the labels."""
        workflow = access_workflow(workflow_key)
        return json_response(_workflow(workflow) | {"contract": _contract(workflow)})


def _workflow(workflow: WorkflowFacts) -> dict[str, Any]:
    return {
        "key": workflow.key,
        "name": workflow.name,
        "state": workflow.state,
        "fallback": workflow.fallback,
        "takes_predictions": workflow.takes_predictions,
    }


def _contract(workflow: WorkflowFacts) -> dict[str, Any] | None:
    if workflow.contract_id is None:
        return None
    contract = contract_facts(workflow.contract_id)
    return {
        "version": contract.version,
        "input_schema": contract.input_schema,
        "output_schema": contract.output_schema,
        "labels": labels(contract),
        "views": contract.views,
        "sensitive": contract.sensitive,
    }

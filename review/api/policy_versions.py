"""A workflow's policy versions: listed, as code, held against each other, and returned to."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.errors import FieldsInvalidError
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import proposal_shapes as shapes
from review.api import shown_proposals as shown
from review.api.reason import ReasonShape, reason_of
from routing.domain.policy_diff import diff
from routing.selectors.proposals import VersionFacts, access_proposal, version_facts, version_numbered, versions_of
from routing.selectors.workflows import access_workflow
from routing.services.policy_files import code_of
from routing.services.releases import return_to

_LINE = OpenApiParameter(
    "policy", str, description="The line of versions; that of the one in force, if it is not said."
)
_MOST = 1_000_000


class PolicyVersions(ApiView):
    """A workflow's policy versions."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(
        operation_id="list_policy_versions", tags=["policies"], responses={200: shapes.VersionsShape} | REFUSALS
    )
    def get(self, _request: Request, workflow_key: str) -> HttpResponse:
        """Return every version, the newest first."""
        found = versions_of(access_workflow(workflow_key).id)
        return json_response({"versions": [shown.version(one) for one in found]})


class PolicyVersionView(ApiView):
    """One policy version."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(
        operation_id="see_policy_version",
        tags=["policies"],
        parameters=[_LINE],
        responses={200: shapes.VersionShape} | REFUSALS,
    )
    def get(self, request: Request, workflow_key: str, number: int) -> HttpResponse:
        """Return the version with its content, as JSON and as the YAML that can be proposed again."""
        workflow = access_workflow(workflow_key)
        row = version_numbered(workflow.id, number, request.query_params.get("policy", ""))
        facts = version_facts(workflow.id, row.id)
        return json_response(shown.version(facts) | {"body": facts.body, "code": code_of(workflow.key, row)})


class PolicyDiff(ApiView):
    """Two policy versions, held against each other."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(
        operation_id="diff_policy_versions",
        tags=["policies"],
        parameters=[
            _LINE,
            OpenApiParameter("to", int, description="The later version's number; the one in force, if it is not said."),
        ],
        responses={200: shapes.DiffShape} | REFUSALS,
    )
    def get(self, request: Request, workflow_key: str, number: int) -> HttpResponse:
        """Return what the later version does otherwise than this one, by meaning, and whether it accepts more."""
        workflow = access_workflow(workflow_key)
        line = request.query_params.get("policy", "")
        before = version_facts(workflow.id, version_numbered(workflow.id, number, line).id)
        after = _later(request, workflow.id, workflow.policy_version_id, line) or before
        return json_response(
            {
                "before": shown.version(before),
                "after": shown.version(after),
                "changes": shown.changes(diff(before.body, after.body)),
            }
        )


class PolicyReturn(ApiView):
    """An earlier version that is returned to."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="return_to_policy_version",
        tags=["policies"],
        parameters=[_LINE],
        request=ReasonShape,
        responses={200: shapes.ProposalShape} | REFUSALS,
    )
    def post(self, request: Request, workflow_key: str, number: int) -> HttpResponse:
        """Return to a version that was in force: to the one before at once, else as a proposal where approval is asked for."""
        reason = reason_of(request)
        workflow = access_workflow(workflow_key)
        version = version_numbered(workflow.id, number, request.query_params.get("policy", ""))
        made = return_to(actor=self.actor, workflow=workflow, version=version, reason=reason)
        return json_response(shown.proposal(self.actor, access_proposal(made.id)))


def _later(request: Request, workflow_id: UUID, in_force: UUID | None, line: str) -> VersionFacts | None:
    asked = request.query_params.get("to", "")
    if not asked:
        return version_facts(workflow_id, in_force) if in_force else None
    if not (asked.isascii() and asked.isdigit() and int(asked[:9]) <= _MOST):
        message = "The number of a version is expected."
        errors = [{"parameter": "to", "code": "invalid", "message": message}]
        raise FieldsInvalidError(detail=f"to: {message}", extra={"errors": errors})
    return version_facts(workflow_id, version_numbered(workflow_id, int(asked[:9]), line).id)

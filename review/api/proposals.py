"""Changes of a workflow's policy as releases: proposed, approved, staged, in force, and back."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.idempotent import IDEMPOTENCY_KEY, idempotently
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import proposal_shapes as shapes
from review.api import shown_proposals as shown
from review.api.reason import ReasonShape, reason_of
from routing.domain.policy_code import MAX_CHARS
from routing.selectors.proposals import access_proposal, access_version, approval_is_asked, proposals_of
from routing.selectors.workflows import WorkflowFacts, access_workflow
from routing.services import releases
from routing.services.limit_rows import REASON_LENGTH
from routing.services.policy_files import check_code

_MEMBERS = {"reason", "body", "code", "policy_version", "policy", "preview", "replay"}
_CONTENT = ("body", "code", "policy_version")


class WorkflowProposals(ApiView):
    """A workflow's proposals."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS, "POST": Capability.CONFIGURE}

    @extend_schema(operation_id="list_proposals", tags=["policies"], responses={200: shapes.ProposalsShape} | REFUSALS)
    def get(self, _request: Request, workflow_key: str) -> HttpResponse:
        """Return the proposals, the newest first, each with what the caller can do with it."""
        found = proposals_of(access_workflow(workflow_key).id)
        answer = {"approval_asked": approval_is_asked(), "proposals": shown.proposals(self.actor, found)}
        return json_response(answer)

    @extend_schema(
        operation_id="propose_policy",
        tags=["policies"],
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewProposalShape,
        responses={201: shapes.ProposalShape} | REFUSALS,
    )
    def post(self, request: Request, workflow_key: str) -> HttpResponse:
        """Propose a policy, or a version that there is; nothing is routed by it yet."""
        workflow = access_workflow(workflow_key)
        asked = _asked(request)
        return idempotently(request, self.actor, lambda: self._propose(workflow, asked))

    def _propose(self, workflow: WorkflowFacts, asked: dict[str, Any]) -> HttpResponse:
        code, version_id = asked.pop("code"), asked.pop("version_id")
        if code:
            read = check_code(code, workflow)
            asked |= {"body": read.body, "policy_name": read.policy}
        if version_id is not None:
            asked["version"] = access_version(version_id)
        proposal = releases.propose(actor=self.actor, workflow=workflow, **asked)
        return json_response(shown.proposal(self.actor, access_proposal(proposal.id)), status=HTTPStatus.CREATED)


class ProposalView(ApiView):
    """One proposal."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(operation_id="see_proposal", tags=["policies"], responses={200: shapes.ProposalShape} | REFUSALS)
    def get(self, _request: Request, proposal_id: UUID) -> HttpResponse:
        """Return the proposal with its changes and what the caller can do with it."""
        return json_response(shown.proposal(self.actor, access_proposal(proposal_id)))


class _Step(ApiView):
    """A step of a release; answers with the proposal as it stands then."""

    def taken(self, proposal_id: UUID, step: Callable[..., Any], **said: Any) -> HttpResponse:
        """Take the step and answer."""
        access_proposal(proposal_id)
        taken = step(actor=self.actor, proposal_id=proposal_id, **said)
        return json_response(shown.proposal(self.actor, access_proposal(taken.id)))


class Approve(_Step):
    """A second person's yes."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="approve_proposal",
        tags=["policies"],
        request=None,
        responses={200: shapes.ProposalShape} | REFUSALS,
    )
    def post(self, request: Request, proposal_id: UUID) -> HttpResponse:
        """Approve; 403 `own_proposal` for who proposed it where a second person is asked for."""
        Body(request.data or {}, known=()).close()
        return self.taken(proposal_id, releases.approve)


class Refuse(_Step):
    """A no, with its reason."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="refuse_proposal",
        tags=["policies"],
        request=ReasonShape,
        responses={200: shapes.ProposalShape} | REFUSALS,
    )
    def post(self, request: Request, proposal_id: UUID) -> HttpResponse:
        """Refuse what is proposed or approved and not yet staged; the proposer is told why."""
        return self.taken(proposal_id, releases.refuse, reason=reason_of(request))


class Withdraw(_Step):
    """A proposal that its proposer takes back."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="withdraw_proposal",
        tags=["policies"],
        request=None,
        responses={200: shapes.ProposalShape} | REFUSALS,
    )
    def post(self, request: Request, proposal_id: UUID) -> HttpResponse:
        """Withdraw one's own proposal before it is staged."""
        Body(request.data or {}, known=()).close()
        return self.taken(proposal_id, releases.withdraw)


class Stage(_Step):
    """A share of the items."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="stage_proposal",
        tags=["policies"],
        request=shapes.StageShape,
        responses={200: shapes.ProposalShape} | REFUSALS,
    )
    def post(self, request: Request, proposal_id: UUID) -> HttpResponse:
        """Route 5, 25 or 100 per cent of the items by the version, always the same ones; 409 `approval_needed` without approval."""
        body = Body(request.data, known={"share"})
        share = body.number("share")
        if share not in releases.SHARES:
            body.refuse("/share", "invalid", "0.05, 0.25 or 1 is expected.")
        body.close()
        return self.taken(proposal_id, releases.stage, share=share)


class Finish(_Step):
    """A version that comes into force."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="finish_proposal",
        tags=["policies"],
        request=None,
        responses={200: shapes.ProposalShape} | REFUSALS,
    )
    def post(self, request: Request, proposal_id: UUID) -> HttpResponse:
        """Put the version in force, from whichever stage it has reached."""
        Body(request.data or {}, known=()).close()
        return self.taken(proposal_id, releases.finish)


class RollBack(_Step):
    """A version that is taken back."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="roll_back_proposal",
        tags=["policies"],
        request=ReasonShape,
        responses={200: shapes.ProposalShape} | REFUSALS,
    )
    def post(self, request: Request, proposal_id: UUID) -> HttpResponse:
        """Take a staged version back at once; one in force gives way to the version before, and the answer is that return."""
        return self.taken(proposal_id, releases.roll_back_proposal, reason=reason_of(request))


def _asked(request: Request) -> dict[str, Any]:
    body = Body(request.data, known=_MEMBERS)
    given = [name for name in _CONTENT if body.any(name) is not None]
    if len(given) != 1:
        body.refuse("", "invalid", "One of body, code and policy_version is expected.")
    asked = {
        "reason": body.text("reason", most=REASON_LENGTH, is_required=True),
        "body": body.members("body") or None,
        "code": body.prose("code", most=MAX_CHARS),
        "version_id": body.id_or_null("policy_version") if body.has("policy_version") else None,
        "policy_name": body.text("policy", most=120),
        "preview": body.members("preview"),
        "replay_id": body.id_or_null("replay") if body.has("replay") else None,
    }
    body.close()
    return asked

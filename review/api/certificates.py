"""Certificates: listed, read, and withdrawn by an owner."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import certificate_shapes as shapes
from review.api.reason import ReasonShape, reason_of
from routing.selectors.certificates import Standing, access_certificate, certificates, issued_by_event
from routing.selectors.workflows import access_workflow
from routing.services.certificates import withdraw_certificate


class CertificateList(ApiView):
    """The workspace's certificates."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(
        operation_id="list_certificates",
        tags=["thresholds"],
        parameters=[OpenApiParameter("workflow", str, description="The key of a workflow; else those of all.")],
        responses={200: shapes.CertificatesShape} | REFUSALS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return up to 500 certificates, newest first."""
        key = request.query_params.get("workflow")
        workflow = access_workflow(key) if key else None
        found = certificates(workflow_id=workflow.id if workflow else None)
        return json_response({"certificates": [_line(one) for one in found]})


class CertificateView(ApiView):
    """One certificate."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(
        operation_id="see_certificate", tags=["thresholds"], responses={200: shapes.CertificateShape} | REFUSALS
    )
    def get(self, _request: Request, certificate_id: UUID) -> HttpResponse:
        """Return what it says, of what, and what it rests on."""
        return json_response(whole(access_certificate(certificate_id)))


class WithdrawCertificate(ApiView):
    """A certificate that is ended before its time."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="withdraw_certificate",
        tags=["thresholds"],
        request=ReasonShape,
        responses={200: shapes.CertificateShape} | REFUSALS,
    )
    def post(self, request: Request, certificate_id: UUID) -> HttpResponse:
        """End it with a reason that stays; 409 where it has ended already."""
        access_certificate(certificate_id)
        reason = reason_of(request)
        withdraw_certificate(actor=self.actor, certificate_id=certificate_id, reason=reason)
        return json_response(whole(access_certificate(certificate_id)))


def whole(standing: Standing) -> dict[str, Any]:
    """Return all of a certificate."""
    one = standing.certificate
    event = issued_by_event(one)
    return _line(standing) | {
        "model_version": one.model_version_id,
        "policy_version": one.policy_version_id,
        "contract": one.contract_id,
        "segment": one.segment,
        "delta": one.delta,
        "attempt": one.attempt,
        "method": one.method,
        "label_thresholds": one.label_thresholds,
        "p_value": one.p_value,
        "details": one.details,
        "data_sha256": one.data_sha256,
        "event": {"id": event.id, "stream_seq": event.stream_seq, "recorded_at": event.recorded_at} if event else None,
    }


def _line(standing: Standing) -> dict[str, Any]:
    one, void = standing.certificate, standing.void
    return {
        "id": one.id,
        "name": standing.name,
        "workflow": {"key": one.workflow.key, "name": one.workflow.name},
        "state": standing.state,
        "target": one.target,
        "threshold": one.threshold,
        "n": one.n,
        "wrong": one.wrong,
        "bound": one.bound,
        "coverage": one.coverage,
        "issued_at": one.issued_at,
        "expires_at": one.expires_at,
        "void": {"cause": void.cause, "reason": void.reason, "at": void.voided_at} if void else None,
    }

"""Webhook endpoints: where events are sent to, under which secret, and sending again what was published."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from governance.selectors.deliveries import access_endpoint, endpoints
from governance.services.endpoints import (
    change_endpoint,
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    ping_endpoint,
    replay_range,
    rotate_secret,
)
from governance.views.proof import require_proof
from review.api import delivery_shapes as shapes
from review.api.webhook_body import MEMBERS, endpoint_members

_MOST_OVERLAP_S = 7 * 86400


class WebhookList(ApiView):
    """The workspace's endpoints."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_AUDIT, "POST": Capability.CONFIGURE}

    @extend_schema(operation_id="list_webhooks", tags=["webhooks"], responses={200: shapes.WebhooksShape} | REFUSALS)
    def get(self, _request: Request) -> HttpResponse:
        """Return the endpoints, by name; their secrets are not shown again."""
        return json_response({"webhooks": [shown_endpoint(endpoint) for endpoint in endpoints(self.actor)]})

    @extend_schema(
        operation_id="create_webhook",
        tags=["webhooks"],
        request=shapes.NewWebhookShape,
        responses={201: shapes.CreatedWebhookShape} | REFUSALS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Store an endpoint; the answer holds its secret, this once. So there is no Idempotency-Key here."""
        require_proof(request)
        asked = endpoint_members(request.data, is_new=True)
        created = create_endpoint(actor=self.actor, **asked)
        answer = shown_endpoint(created.endpoint) | {"secret": created.secret}
        return json_response(answer, status=HTTPStatus.CREATED)


class WebhookView(ApiView):
    """One endpoint."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_AUDIT, "PUT": Capability.CONFIGURE}

    @extend_schema(operation_id="see_webhook", tags=["webhooks"], responses={200: shapes.WebhookShape} | REFUSALS)
    def get(self, _request: Request, webhook_id: UUID) -> HttpResponse:
        """Return the endpoint, without its secret."""
        return json_response(shown_endpoint(access_endpoint(self.actor, webhook_id)))

    @extend_schema(
        operation_id="change_webhook",
        tags=["webhooks"],
        request=shapes.WebhookChangeShape,
        responses={200: shapes.WebhookShape} | REFUSALS,
    )
    def put(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Change the endpoint, or switch it off or on; what is left out stays as it is."""
        endpoint = access_endpoint(self.actor, webhook_id)
        asked = endpoint_members(request.data, is_new=False)
        is_enabled = asked.pop("is_enabled", None)
        if asked:
            endpoint = change_endpoint(actor=self.actor, endpoint=endpoint, **asked)
        if is_enabled is not None:
            switch = enable_endpoint if is_enabled else disable_endpoint
            switch(actor=self.actor, endpoint=endpoint)
        return json_response(shown_endpoint(access_endpoint(self.actor, webhook_id)))


class WebhookRotate(ApiView):
    """An endpoint's secret."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="rotate_webhook_secret",
        tags=["webhooks"],
        request=shapes.RotateShape,
        responses={200: shapes.SecretShape} | REFUSALS,
    )
    def post(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Return a new secret, this once; for `overlap_s` the old one signs beside it."""
        endpoint = access_endpoint(self.actor, webhook_id)
        require_proof(request)
        body = Body(request.data, known={"overlap_s"})
        overlap_s = body.whole("overlap_s", least=0, most=_MOST_OVERLAP_S, default=86400)
        body.close()
        return json_response({"secret": rotate_secret(actor=self.actor, endpoint=endpoint, overlap_s=overlap_s)})


class WebhookPing(ApiView):
    """A test event."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="ping_webhook",
        tags=["webhooks"],
        request=None,
        responses={202: shapes.PingedShape} | REFUSALS,
    )
    def post(self, _request: Request, webhook_id: UUID) -> HttpResponse:
        """Send `webhook.ping` to this endpoint alone; what became of it stands in its deliveries."""
        endpoint = access_endpoint(self.actor, webhook_id)
        event = ping_endpoint(actor=self.actor, endpoint=endpoint)
        return json_response({"event": event}, status=HTTPStatus.ACCEPTED)


class WebhookReplay(ApiView):
    """The events of a period, once more."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="replay_webhook",
        tags=["webhooks"],
        request=shapes.RangeShape,
        responses={200: shapes.ReplayedShape} | REFUSALS,
    )
    def post(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Send what was published in the period again, under the same ids and with the same bytes."""
        endpoint = access_endpoint(self.actor, webhook_id)
        body = Body(request.data, known={"since", "until"})
        since, until = body.time("since"), body.time("until")
        if not body.errors and until <= since:
            body.refuse("/until", "range", "The period ends before it begins.")
        body.close()
        count = replay_range(actor=self.actor, endpoint=endpoint, since=since, until=until)
        return json_response({"count": count})


def shown_endpoint(endpoint: Any) -> dict[str, Any]:
    """Return an endpoint as the API shows it."""
    names = (
        "id",
        *MEMBERS,
        "is_enabled",
        "disabled_reason",
        "disabled_at",
        "failing_since",
        "paused_until",
        "created_at",
    )
    return {name: getattr(endpoint, name) for name in names}

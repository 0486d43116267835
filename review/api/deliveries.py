"""Deliveries: what went to which endpoint, every attempt, and sending one again."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.errors import FieldsInvalidError
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from governance.selectors.deliveries import access_endpoint
from governance.services.endpoints import replay_delivery
from review.api import delivery_shapes as shapes
from review.selectors.delivery_log import (
    STATES,
    LoggedAttempt,
    LoggedDelivery,
    LogQuery,
    access_logged,
    attempts_of,
    find_logged,
)


class WebhookDeliveries(ApiView):
    """What went to one endpoint."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_AUDIT}

    @extend_schema(
        operation_id="list_deliveries",
        tags=["webhooks"],
        parameters=[
            OpenApiParameter("state", str, enum=STATES),
            OpenApiParameter("before", str, description="`next_before` of the page before."),
        ],
        responses={200: shapes.DeliveryPageShape} | REFUSALS,
    )
    def get(self, request: Request, webhook_id: UUID) -> HttpResponse:
        """Return the endpoint's deliveries, newest first; those of items that a blind review veils are left out."""
        endpoint = access_endpoint(self.actor, webhook_id)
        page = find_logged(self.actor, _query(request, endpoint.id))
        told = [shown_delivery(delivery) for delivery in page.deliveries]
        return json_response({"deliveries": told, "next_before": page.next_before})


class DeliveryView(ApiView):
    """One delivery."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_AUDIT}

    @extend_schema(
        operation_id="see_delivery",
        tags=["webhooks"],
        responses={200: shapes.DeliveryDetailShape} | REFUSALS,
    )
    def get(self, _request: Request, delivery_id: UUID) -> HttpResponse:
        """Return the delivery with every attempt, oldest first."""
        delivery = access_logged(self.actor, delivery_id)
        tries = [_attempt(attempt) for attempt in attempts_of(delivery)]
        return json_response(shown_delivery(delivery) | {"tries": tries})


class DeliveryReplay(ApiView):
    """One delivery, once more."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="replay_delivery",
        tags=["webhooks"],
        request=None,
        responses={200: shapes.DeliveryShape} | REFUSALS,
    )
    def post(self, _request: Request, delivery_id: UUID) -> HttpResponse:
        """Send the event to its endpoint again, under the same id and with the same bytes."""
        delivery = access_logged(self.actor, delivery_id)
        replay_delivery(actor=self.actor, delivery_id=delivery.id)
        return json_response(shown_delivery(access_logged(self.actor, delivery_id)))


def shown_delivery(delivery: LoggedDelivery) -> dict[str, Any]:
    """Return a delivery as the API shows it."""
    return {
        "id": delivery.id,
        "event": delivery.message_id,
        "type": delivery.type,
        "item": delivery.item_id,
        "external_id": delivery.external_id,
        "webhook": delivery.endpoint_id,
        "webhook_name": delivery.endpoint_name,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "replays": delivery.replays,
        "next_attempt_at": delivery.next_attempt_at if delivery.is_waiting else None,
        "last_attempt_at": delivery.last_attempt_at,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created_at": delivery.created_at,
        "finished_at": delivery.finished_at,
    }


def _attempt(attempt: LoggedAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "started_at": attempt.started_at,
        "took_ms": attempt.took_ms,
        "status": attempt.status,
        "error": attempt.error,
        "response_excerpt": attempt.response_excerpt,
    }


def _query(request: Request, endpoint_id: UUID) -> LogQuery:
    state, before = request.query_params.get("state", ""), request.query_params.get("before", "")
    if state and state not in STATES:
        raise refused_parameter("state", f"One of {', '.join(STATES)} is expected.")
    try:
        return LogQuery(endpoint=endpoint_id, state=state, before=UUID(before) if before else None)
    except ValueError:
        raise refused_parameter("before", "A delivery's id is expected.") from None


def refused_parameter(name: str, message: str) -> FieldsInvalidError:
    """Return the refusal of a parameter of the address."""
    return FieldsInvalidError(
        detail=f"{name}: {message}",
        extra={"errors": [{"parameter": name, "code": "invalid", "message": message}]},
    )

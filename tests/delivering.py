"""Endpoints, published events and attempts for tests; nothing is sent anywhere."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance.models import Delivery, DeliveryAttempt, DeliveryState, OutboxMessage, WebhookEndpoint
from governance.services.endpoints import create_endpoint
from governance.services.relay import publish_batch
from tests.conftest import House


def endpoint_of(house: House, name: str = "CRM", **options: Any) -> WebhookEndpoint:
    """Store an endpoint of the house."""
    url = options.pop("url", "https://hooks.example.com/review")
    return create_endpoint(actor=house.actor(house.owner), name=name, url=url, **options).endpoint


def publish(house: House) -> int:
    """Publish everything that is to leave, due or not."""
    house.enter()
    past = timezone.now() - timedelta(minutes=5)
    OutboxMessage.objects.filter(published_seq=None).update(due_at=past)
    return publish_batch(house.workspace.id)


def attempted(delivery: Delivery, state: str = DeliveryState.PENDING, **facts: Any) -> DeliveryAttempt:
    """Write one attempt down, and where the delivery stands after it."""
    delivery.attempts += 1
    delivery.state = state
    delivery.last_error = facts.get("error", "")
    delivery.next_attempt_at = timezone.now() + timedelta(hours=2)
    delivery.finished_at = None if state == DeliveryState.PENDING else timezone.now()
    delivery.save()
    return DeliveryAttempt.objects.create(
        workspace_id=delivery.workspace_id,
        delivery=delivery,
        number=delivery.attempts,
        **({"started_at": timezone.now(), "took_ms": 41, "status": 503} | facts),
    )

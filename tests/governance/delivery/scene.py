"""Endpoints, events and rounds of delivery, in the order in which tests need them. Time passes by moving rows."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from governance.domain import uuid7
from governance.models import Delivery, DeliveryAttempt, OutboxMessage, PrivateHost, WebhookEndpoint
from governance.services.deliver import Deliverer
from governance.services.endpoints import CreatedEndpoint, create_endpoint
from governance.services.relay import publish_due
from review.services.delivered import record_delivered
from tests.conftest import House
from tests.governance.delivery.receiver import Receiver

LONG_S = 30.0
T = TypeVar("T")


def let_in(house: House, receiver: Receiver) -> None:
    """List the receiver's address."""
    PrivateHost.objects.get_or_create(workspace=house.workspace, host="127.0.0.1", port=receiver.server.port)


def endpoint_at(house: House, receiver: Receiver, name: str = "CRM", **options: Any) -> CreatedEndpoint:
    """Store an endpoint that is the receiver."""
    let_in(house, receiver)
    return create_endpoint(actor=house.actor(house.owner), name=name, url=receiver.url, **options)


def resolve(house: House, *texts: str, **options: Any) -> list[UUID]:
    """Let the policy accept one item a text; each has its event, which is due."""
    return house.in_review(*texts, confidence=0.95, **options)


def say(
    house: House, *streams: UUID, kind: str = "item.resolved", workflow: str = "support-triage", text: str = ""
) -> list[UUID]:
    """Write an event of each stream, due at once, without a thing behind it."""
    messages = [
        OutboxMessage(
            workspace=house.workspace,
            type=kind,
            stream_kind="thing",
            stream_id=stream,
            dedupe_key=f"test:{uuid7()}",
            data={"workflow": workflow, "text": text},
            due_at=Now(),
            recorded_at=timezone.now(),
        )
        for stream in streams
    ]
    return [message.id for message in OutboxMessage.objects.bulk_create(messages)]


def things(count: int) -> list[UUID]:
    return [uuid7() for _number in range(count)]


def deliver(house: House, *, rounds: int = 1, on_delivered: Any = record_delivered) -> int:
    """Publish and deliver until nothing is in flight; return how many deliveries were settled."""
    publish_due()
    settled = 0
    with Deliverer(on_delivered=on_delivered) as deliverer:
        for _round in range(rounds):
            settled += deliverer.round(for_s=LONG_S, wait_s=0.05)
    house.enter()
    return settled


def only() -> Delivery:
    """Return the one delivery there is."""
    return Delivery.objects.get()


def states() -> list[str]:
    """Return the states of all deliveries, in the order of publishing."""
    return list(Delivery.objects.order_by("published_seq", "id").values_list("state", flat=True))


def attempts() -> list[DeliveryAttempt]:
    return list(DeliveryAttempt.objects.order_by("started_at", "id"))


def delay_s(delivery: Delivery) -> float:
    """Return how far off the next attempt is, by the database's clock."""
    return _seconds(
        "SELECT extract(epoch FROM next_attempt_at - now()) FROM governance_delivery WHERE id = %s", delivery
    )


def pause_s(endpoint: WebhookEndpoint) -> float:
    """Return how long the endpoint is left alone."""
    return _seconds(
        "SELECT extract(epoch FROM paused_until - now()) FROM governance_webhookendpoint WHERE id = %s", endpoint
    )


def _seconds(sql: str, row: Any) -> float:
    with connection.cursor() as cursor:
        cursor.execute(sql, [row.pk])
        return float(cursor.fetchone()[0])


def pass_time(seconds: float) -> None:
    """Let time go by for deliveries and endpoints."""
    shift = "make_interval(secs => %(seconds)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE governance_delivery SET next_attempt_at = next_attempt_at - {shift}, lease_until = lease_until - {shift}",
            {"seconds": seconds},
        )
        cursor.execute(
            f"UPDATE governance_webhookendpoint SET paused_until = paused_until - {shift}, failing_since = failing_since - {shift}",
            {"seconds": seconds},
        )
        cursor.execute(f"UPDATE governance_webhooksecret SET retires_at = retires_at - {shift}", {"seconds": seconds})
        cursor.execute(
            f"UPDATE governance_outboxmessage SET published_at = published_at - {shift} WHERE published_seq IS NOT NULL",
            {"seconds": seconds},
        )


def within(house: House, work: Callable[[], T]) -> T:
    """Do something in a transaction of its own, in the house's workspace."""
    with transaction.atomic():
        house.enter()
        return work()


def as_owner(house: House, service: Callable[..., Any], **arguments: Any) -> Any:
    """Call a service as the owner."""
    return service(actor=house.actor(house.owner), **arguments)


def published() -> Sequence[tuple[int, UUID]]:
    """Return number and id of every published event."""
    found = OutboxMessage.objects.filter(published_seq__isnull=False).order_by("published_seq")
    return [(seq, id) for seq, id in found.values_list("published_seq", "id") if seq is not None]

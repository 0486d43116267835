"""Tables of governance."""

from governance.models.audit import AuditEvent, AuditPayload, AuditStream
from governance.models.clients import ApiClient, PersonToken
from governance.models.delivery import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    DisabledReason,
    EventFeed,
    PrivateHost,
    WebhookEndpoint,
    WebhookSecret,
)
from governance.models.heartbeats import Heartbeat
from governance.models.notices import Notice
from governance.models.outbox import IdempotencyRecord, OutboxMessage
from governance.models.users import User
from governance.models.workspaces import Invitation, Membership, Workspace

__all__ = [
    "ApiClient",
    "AuditEvent",
    "AuditPayload",
    "AuditStream",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "DisabledReason",
    "EventFeed",
    "Heartbeat",
    "IdempotencyRecord",
    "Invitation",
    "Membership",
    "Notice",
    "OutboxMessage",
    "PersonToken",
    "PrivateHost",
    "User",
    "WebhookEndpoint",
    "WebhookSecret",
    "Workspace",
]

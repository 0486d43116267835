"""Tables of governance."""

from governance.models.audit import AuditEvent, AuditPayload, AuditStream
from governance.models.clients import ApiClient, PersonToken
from governance.models.outbox import IdempotencyRecord, OutboxMessage
from governance.models.users import User
from governance.models.workspaces import Invitation, Membership, Workspace

__all__ = [
    "ApiClient",
    "AuditEvent",
    "AuditPayload",
    "AuditStream",
    "IdempotencyRecord",
    "Invitation",
    "Membership",
    "OutboxMessage",
    "PersonToken",
    "User",
    "Workspace",
]

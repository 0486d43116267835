"""Who acts, what a role may do, how failures are named, and how identifiers are made."""

import os
import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID


class Role(StrEnum):
    """What a member is in a workspace."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    OWNER = "owner"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"
    ADMIN = "admin"


class Capability(StrEnum):
    """What a call or a page asks of its caller."""

    SEND_ITEMS = "send_items"
    SEE_ITEMS = "see_items"
    REVIEW = "review"
    LEAD_QUEUES = "lead_queues"
    AMEND = "amend"
    SEE_WORKFLOWS = "see_workflows"
    CONFIGURE = "configure"
    EXPORT = "export"
    SEE_AUDIT = "see_audit"
    SEE_EVENTS = "see_events"
    MANAGE_MEMBERS = "manage_members"


_REVIEWER = frozenset({Capability.REVIEW, Capability.SEE_ITEMS})
_LEAD = _REVIEWER | {Capability.LEAD_QUEUES, Capability.AMEND, Capability.SEE_WORKFLOWS}
_OWNER = _LEAD | {Capability.CONFIGURE, Capability.EXPORT, Capability.SEE_AUDIT, Capability.SEND_ITEMS}

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.REVIEWER: _REVIEWER,
    Role.LEAD: _LEAD,
    Role.OWNER: _OWNER,
    Role.AUDITOR: frozenset(
        {
            Capability.SEE_ITEMS,
            Capability.SEE_WORKFLOWS,
            Capability.EXPORT,
            Capability.SEE_AUDIT,
            Capability.SEE_EVENTS,
        },
    ),
    # Whoever can claim reviews must not read outcomes from the feed: blind reviews would not be blind.
    Role.INTEGRATOR: frozenset({Capability.SEND_ITEMS, Capability.SEE_ITEMS, Capability.SEE_EVENTS}),
    Role.ADMIN: _OWNER | {Capability.MANAGE_MEMBERS},
}


# What endpoints and the event feed can be asked for.
EVENT_TYPES = ("item.resolved", "item.amended")


class NoticeKind(StrEnum):
    """Why somebody is told of a thing."""

    MENTION = "mention"
    ASSIGNMENT = "assignment"
    TAKEN_BACK = "taken_back"
    ALARM = "alarm"
    PROPOSAL = "proposal"


class ActorKind(StrEnum):
    """What kind of principal acts."""

    PERSON = "person"
    CLIENT = "client"
    SYSTEM = "system"


SYSTEM_PSEUDONYM = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Actor:
    """A principal inside one workspace; only a person decides."""

    kind: ActorKind
    workspace_id: UUID
    pseudonym: UUID
    id: UUID | None = None
    role: Role | None = None
    name: str = ""

    def can(self, capability: Capability) -> bool:
        """Tell whether the actor's role carries the capability; the system carries all."""
        if self.kind is ActorKind.SYSTEM:
            return True
        return self.role is not None and capability in CAPABILITIES[self.role]


def roles_with(capability: Capability) -> list[Role]:
    """Return the roles that carry a capability."""
    return [role for role, carried in CAPABILITIES.items() if capability in carried]


def system_actor(workspace_id: UUID) -> Actor:
    """Return the product itself, as it acts in a workspace without a person or a client behind it."""
    return Actor(kind=ActorKind.SYSTEM, workspace_id=workspace_id, pseudonym=SYSTEM_PSEUDONYM, name="AIOS Review")


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue; it is translated where it is shown."""
    return sentence


@dataclass
class ProductError(Exception):
    """A failure that the caller can act on; the API answers it as a problem document."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = HTTPStatus.BAD_REQUEST
    title: ClassVar[str] = _("The request could not be carried out")

    detail: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the sentence for people."""
        return self.detail or self.title


class NotFoundError(ProductError):
    """The thing does not exist in this workspace."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND
    title = _("There is no such thing here")


class ForbiddenError(ProductError):
    """The caller's role does not carry this."""

    code = "forbidden"
    status = HTTPStatus.FORBIDDEN
    title = _("Your role does not allow this")


class InvalidError(ProductError):
    """The request was understood and can't be accepted as it stands."""

    code = "invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = _("The request can't be accepted as it stands")


class ConflictError(ProductError):
    """The request does not fit the present state."""

    code = "conflict"
    status = HTTPStatus.CONFLICT
    title = _("The request does not fit the present state")


class StaleStateError(ConflictError):
    """Somebody else changed the row first."""

    code = "stale_state"
    title = _("It has changed in the meantime")


class MalformedError(ProductError):
    """The body could not be read."""

    code = "malformed"
    status = HTTPStatus.BAD_REQUEST
    title = _("The request body could not be read")


class TooLargeError(ProductError):
    """The body is larger than the limit."""

    code = "too_large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = _("The request is too large")


_lock = threading.Lock()
_last_stamp = 0
_RANDOM_BITS = 62


def uuid7() -> UUID:
    """Return a time-ordered identifier (RFC 9562), strictly growing within the process."""
    global _last_stamp  # noqa: PLW0603 - the one piece of state that makes it monotonic
    random_bits = int.from_bytes(os.urandom(8)) & ((1 << _RANDOM_BITS) - 1)
    with _lock:
        # 48 bits of milliseconds and 12 bits of their fraction, as one number that never repeats.
        stamp = max((time.time_ns() << 12) // 1_000_000, _last_stamp + 1)
        _last_stamp = stamp
    return UUID(int=(stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << _RANDOM_BITS | random_bits)

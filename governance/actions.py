"""The registry of audited actions: an unknown one is refused, and each says which of its keys are personal data."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditAction:
    """One kind of event in the trail; `title` is a sentence for people, `keys` what its payload may hold."""

    name: str
    title: str
    keys: frozenset[str]
    pii: frozenset[str]


_actions: dict[str, AuditAction] = {}


def register(name: str, title: str, *, keys: Iterable[str] = (), pii: Iterable[str] = ()) -> str:
    """Make an action known and return its name; a second declaration of a name is a mistake."""
    if name in _actions:
        message = f"the audit action {name} is declared twice"
        raise ValueError(message)
    pii = frozenset(pii)
    _actions[name] = AuditAction(name=name, title=title, keys=frozenset(keys) | pii, pii=pii)
    return name


def action_named(name: str) -> AuditAction:
    """Return a known action."""
    try:
        return _actions[name]
    except KeyError:
        message = f"unknown audit action {name}"
        raise LookupError(message) from None


WORKSPACE_CREATED = register("workspace.created", "Workspace created", keys=["slug", "is_demo"])
WORKSPACE_CHANGED = register("workspace.changed", "Workspace changed", keys=["changes"])
MEMBER_ADDED = register("member.added", "Member added", keys=["role", "member"])
MEMBER_CHANGED = register("member.changed", "Member changed", keys=["role", "is_active", "member"])
MEMBER_INVITED = register("member.invited", "Invitation sent", keys=["role"], pii=["email"])
MEMBER_JOINED = register("member.joined", "Invitation accepted", keys=["role", "member"])
CLIENT_CREATED = register("client.created", "API client created", keys=["name", "role"])
CLIENT_CHANGED = register("client.changed", "API client changed", keys=["name", "role", "is_active"])
PRIVATE_HOST_ADDED = register("private_host.added", "Private host listed", keys=["host", "port", "note"])
PRIVATE_HOST_CHANGED = register(
    "private_host.changed",
    "Private host changed",
    keys=["host", "port", "note", "is_active"],
)
TOKEN_ISSUED = register("token.issued", "Token issued for a person", keys=["member", "expires_at"])
_ENDPOINT = ["name", "url", "event_types", "workflows", "concurrency"]
ENDPOINT_CREATED = register("endpoint.created", "Webhook endpoint created", keys=_ENDPOINT)
ENDPOINT_CHANGED = register("endpoint.changed", "Webhook endpoint changed", keys=_ENDPOINT)
ENDPOINT_ENABLED = register("endpoint.enabled", "Webhook endpoint enabled", keys=["name"])
ENDPOINT_DISABLED = register("endpoint.disabled", "Webhook endpoint disabled", keys=["name", "reason"])
ENDPOINT_SECRET_ROTATED = register("endpoint.secret_rotated", "Webhook secret rotated", keys=["name", "overlap_s"])
ENDPOINT_PINGED = register("endpoint.pinged", "Test event sent", keys=["message", "name"])
DELIVERY_REPLAYED = register("delivery.replayed", "Delivery sent again", keys=["delivery", "message", "name"])
DELIVERIES_REPLAYED = register("deliveries.replayed", "Deliveries sent again", keys=["count", "name", "since", "until"])

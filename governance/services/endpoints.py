"""Webhook endpoints: made, changed, switched, given new secrets, and tried out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance import actions
from governance.domain import EVENT_TYPES, Actor, Capability, ConflictError, InvalidError, uuid7
from governance.models import (
    Delivery,
    DeliveryState,
    DisabledReason,
    OutboxMessage,
    WebhookEndpoint,
    WebhookSecret,
)
from governance.models.delivery import MOST_CONCURRENT
from governance.outgoing import check_url
from governance.selectors.private_hosts import private_hosts
from governance.services import audit
from governance.services.replays import replay_delivery, replay_range, take_turn
from governance.services.rights import require
from governance.services.signing import new_secret, sealed_secret

__all__ = [
    "change_endpoint",
    "create_endpoint",
    "disable_endpoint",
    "enable_endpoint",
    "ping_endpoint",
    "replay_delivery",
    "replay_range",
    "rotate_secret",
]

PING = "webhook.ping"
MOST_SECRETS = 5
MOST_ENDPOINTS = 50
_DAY_S = 86_400
_MOST_OVERLAP_S = 7 * _DAY_S


class TooManySecretsError(ConflictError):
    """More secrets would sign at once than a receiver should have to try."""

    code = "too_many_secrets"
    title = gettext_noop("Too many secrets are still signing")


@dataclass(frozen=True, slots=True)
class CreatedEndpoint:
    """An endpoint with its secret, which is known only now."""

    endpoint: WebhookEndpoint
    secret: str


def create_endpoint(
    *,
    actor: Actor,
    name: str,
    url: str,
    event_types: Sequence[str] = (),
    workflows: Sequence[str] = (),
    concurrency: int = 4,
) -> CreatedEndpoint:
    """Store an endpoint with its first secret; events published from now on go to it."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
            raise ConflictError(_("A workspace has at most %(most)s endpoints.") % {"most": MOST_ENDPOINTS})
        endpoint = WebhookEndpoint(workspace_id=actor.workspace_id)
        _set(endpoint, name=name, url=url, event_types=event_types, workflows=workflows, concurrency=concurrency)
        endpoint.save(force_insert=True)
        secret = _add_secret(endpoint)
        _record(actor, actions.ENDPOINT_CREATED, endpoint, _facts(endpoint))
        return CreatedEndpoint(endpoint, secret)


def change_endpoint(
    *,
    actor: Actor,
    endpoint: WebhookEndpoint,
    name: str | None = None,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    workflows: Sequence[str] | None = None,
    concurrency: int | None = None,
) -> WebhookEndpoint:
    """Change what can be chosen; what is already on its way goes to the new address."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        changed = _locked(endpoint)
        before = _facts(changed)
        _set(
            changed,
            name=changed.name if name is None else name,
            url=changed.url if url is None else url,
            event_types=changed.event_types if event_types is None else event_types,
            workflows=changed.workflows if workflows is None else workflows,
            concurrency=changed.concurrency if concurrency is None else concurrency,
        )
        if _facts(changed) == before:
            return changed
        if changed.url != before["url"]:
            changed.failing_since = changed.paused_until = None
        changed.save()
        _record(actor, actions.ENDPOINT_CHANGED, changed, _facts(changed))
        return changed


def enable_endpoint(*, actor: Actor, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Send to the endpoint again: what waited for it goes at once."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        take_turn(endpoint.id)
        # Deliveries before their endpoint: in this order they are locked when an attempt is settled, too.
        waiting = Delivery.objects.filter(endpoint=endpoint, endpoint__is_enabled=False, state=DeliveryState.PENDING)
        waiting.filter(next_attempt_at__gt=Now()).update(next_attempt_at=Now())
        changed = _locked(endpoint)
        if changed.is_enabled:
            return changed
        changed.is_enabled, changed.disabled_reason, changed.disabled_at = True, "", None
        changed.failing_since = changed.paused_until = None
        changed.save()
        _record(actor, actions.ENDPOINT_ENABLED, changed, {"name": changed.name})
        return changed


def disable_endpoint(*, actor: Actor, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Send nothing more to the endpoint; what is still to be delivered is kept."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        changed = _locked(endpoint)
        if not changed.is_enabled:
            return changed
        reason = DisabledReason.BY_HAND.value
        changed.is_enabled, changed.disabled_reason, changed.disabled_at = False, reason, timezone.now()
        changed.save()
        _record(actor, actions.ENDPOINT_DISABLED, changed, {"name": changed.name, "reason": reason})
        return changed


def rotate_secret(*, actor: Actor, endpoint: WebhookEndpoint, overlap_s: int = _DAY_S) -> str:
    """Return a new secret; for the overlap the old one signs beside it, and then never again."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        if not 0 <= overlap_s <= _MOST_OVERLAP_S:
            raise InvalidError(_("The old secret may sign for at most seven days more."), extra={"field": "overlap_s"})
        locked = _locked(endpoint)
        alive = WebhookSecret.objects.filter(endpoint=locked)
        alive.filter(retires_at__lte=Now()).delete()
        if overlap_s and alive.count() >= MOST_SECRETS:
            detail = _("Wait until an old secret has retired, or rotate without an overlap.")
            raise TooManySecretsError(detail, extra={"field": "overlap_s"})
        if overlap_s:
            alive.filter(retires_at=None).update(retires_at=Now() + timedelta(seconds=overlap_s))
        else:
            alive.delete()
        secret = _add_secret(locked)
        _record(actor, actions.ENDPOINT_SECRET_ROTATED, locked, {"name": locked.name, "overlap_s": overlap_s})
        return secret


def ping_endpoint(*, actor: Actor, endpoint: WebhookEndpoint) -> UUID:
    """Send a test event to this endpoint alone and return the event's id; a disabled endpoint is not tried."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        locked = _locked(endpoint)
        if not locked.is_enabled:
            raise ConflictError(_("The endpoint is off: switch it on first."))
        message = uuid7()
        now = timezone.now()
        OutboxMessage.objects.create(
            id=message,
            workspace_id=actor.workspace_id,
            type=PING,
            # A stream of its own: a test event waits for none before it.
            stream_kind="ping",
            stream_id=message,
            dedupe_key=f"ping:{message}",
            data={"endpoint": str(locked.id), "name": locked.name},
            endpoint_id=locked.id,
            due_at=Now(),
            recorded_at=now,
        )
        _record(actor, actions.ENDPOINT_PINGED, locked, {"message": str(message), "name": locked.name})
        return message


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    # The key stays readable: the relay goes on writing deliveries that refer to it.
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(id=endpoint.id)


def _set(
    endpoint: WebhookEndpoint,
    *,
    name: str,
    url: str,
    event_types: Sequence[str],
    workflows: Sequence[str],
    concurrency: int,
) -> None:
    name = name.strip()[:120]
    if not name:
        raise InvalidError(_("Say what the endpoint is called."), extra={"field": "name"})
    if WebhookEndpoint.objects.filter(name=name).exclude(id=endpoint.id).exists():
        raise InvalidError(_("An endpoint with this name exists."), extra={"field": "name"})
    unknown = sorted(set(event_types) - set(EVENT_TYPES))
    if unknown:
        message = _("There is no event %(name)s.") % {"name": unknown[0]}
        raise InvalidError(message, extra={"field": "event_types"})
    if not 1 <= concurrency <= MOST_CONCURRENT:
        message = _("From 1 to %(most)s requests at once are possible.") % {"most": MOST_CONCURRENT}
        raise InvalidError(message, extra={"field": "concurrency"})
    if endpoint._state.adding or url != endpoint.url:
        try:
            check_url(url, private_hosts())
        except InvalidError as refusal:
            refusal.extra.setdefault("field", "url")
            raise
    endpoint.name, endpoint.url, endpoint.concurrency = name, url, concurrency
    endpoint.event_types, endpoint.workflows = sorted(set(event_types)), sorted(set(workflows))


def _add_secret(endpoint: WebhookEndpoint) -> str:
    secret = new_secret()
    WebhookSecret.objects.create(
        workspace_id=endpoint.workspace_id,
        endpoint=endpoint,
        sealed=sealed_secret(secret),
    )
    return secret


def _facts(endpoint: WebhookEndpoint) -> dict[str, object]:
    return {
        "name": endpoint.name,
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "workflows": list(endpoint.workflows),
        "concurrency": endpoint.concurrency,
    }


def _record(actor: Actor, action: str, endpoint: WebhookEndpoint, data: dict[str, object]) -> None:
    audit.record(actor=actor, action=action, stream=("endpoint", endpoint.id), data=data)

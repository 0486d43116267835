"""The hosts of one's own network that webhooks and models may be called at: an admin's word for each host and port."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance import actions
from governance.domain import Actor, Capability, ConflictError, InvalidError, NotFoundError
from governance.models import PrivateHost
from governance.outgoing.addresses import Standing, standing
from governance.outgoing.failures import ForbiddenAddressError
from governance.outgoing.targets import MAX_PORT, read_host
from governance.services import audit
from governance.services.rights import require

_NOTE_LENGTH = 300


class PrivateHostTakenError(ConflictError):
    """The host and port are on the list already."""

    code = "private_host_taken"
    title = gettext_noop("This host and port are on the list already")


def add_private_host(*, actor: Actor, host: str, port: int, note: str = "") -> PrivateHost:
    """Let webhooks and models of the workspace be called at this host and port."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.MANAGE_MEMBERS)
        host = _host(host)
        if not 1 <= port <= MAX_PORT:
            raise InvalidError(_("A port is a number from 1 to 65535."), extra={"field": "port"})
        if PrivateHost.objects.filter(host=host, port=port).exists():
            raise PrivateHostTakenError(extra={"field": "host"})
        added = PrivateHost.objects.create(
            workspace_id=actor.workspace_id,
            host=host,
            port=port,
            note=note.strip()[:_NOTE_LENGTH],
        )
        audit.record(
            actor=actor,
            action=actions.PRIVATE_HOST_ADDED,
            stream=("private_host", added.id),
            data={"host": host, "port": port, "note": added.note},
        )
        return added


def change_private_host(
    *,
    actor: Actor,
    private_host: PrivateHost,
    note: str | None = None,
    is_active: bool | None = None,
) -> PrivateHost:
    """Say more about an entry, or take it out of use or back; host and port stay what they were."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.MANAGE_MEMBERS)
        changed = PrivateHost.objects.select_for_update().filter(id=private_host.id).first()
        if changed is None:
            raise NotFoundError
        before = (changed.note, changed.is_active)
        changed.note = changed.note if note is None else note.strip()[:_NOTE_LENGTH]
        changed.is_active = changed.is_active if is_active is None else is_active
        if (changed.note, changed.is_active) == before:
            return changed
        changed.save(update_fields=["note", "is_active"])
        audit.record(
            actor=actor,
            action=actions.PRIVATE_HOST_CHANGED,
            stream=("private_host", changed.id),
            data={"host": changed.host, "port": changed.port, "note": changed.note, "is_active": changed.is_active},
        )
        return changed


def _host(text: str) -> str:
    """Return the host as URLs are compared with it: lower case, without brackets."""
    text = text.strip()
    try:
        host, address = read_host(f"[{text}]" if ":" in text and not text.startswith("[") else text)
    except ForbiddenAddressError as error:
        raise InvalidError(error.detail, extra={"field": "host"}) from None
    if address is None or standing(address) is Standing.PRIVATE:
        return host
    if standing(address) is Standing.NEVER:
        raise InvalidError(_("This address is never called, listed or not."), extra={"field": "host"})
    raise InvalidError(_("This address is public and needs no entry."), extra={"field": "host"})

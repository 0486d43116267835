"""Machines that call the API with OAuth2 client credentials. The secret is seen once; its hash is kept."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import get_access_token_model

from governance import actions
from governance.domain import Actor, Capability, InvalidError, Role
from governance.models import ApiClient
from governance.services import audit
from governance.services.rights import require

ROLES = (Role.INTEGRATOR, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class CreatedClient:
    """A client with its secret, which is known only now."""

    client: ApiClient
    secret: str


def create_client(*, actor: Actor, name: str, role: Role = Role.INTEGRATOR) -> CreatedClient:
    """Store a machine with new credentials."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        secret = generate_client_secret()
        client = ApiClient.objects.create(
            workspace_id=actor.workspace_id,
            name=_named(name),
            role=_machine_role(role),
            client_type=ApiClient.CLIENT_CONFIDENTIAL,
            authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
            client_secret=secret,
        )
        audit.record(
            actor=actor,
            action=actions.CLIENT_CREATED,
            stream=("client", client.pseudonym),
            data={"name": client.name, "role": client.role},
        )
        return CreatedClient(client, secret)


def change_client(
    *,
    actor: Actor,
    client: ApiClient,
    name: str | None = None,
    role: Role | None = None,
    is_active: bool | None = None,
) -> ApiClient:
    """Rename a client, change its role, or stop or resume it; a stopped one's tokens end at once."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.CONFIGURE)
        changed: ApiClient = ApiClient.objects.select_for_update(of=("self",)).get(pk=client.pk)
        before = (changed.name, changed.role, changed.is_active)
        changed.name = changed.name if name is None else _named(name)
        changed.role = changed.role if role is None else _machine_role(role)
        changed.is_active = changed.is_active if is_active is None else is_active
        if (changed.name, changed.role, changed.is_active) == before:
            return changed
        changed.save(update_fields=["name", "role", "is_active", "updated"])
        if not changed.is_active:
            get_access_token_model().objects.filter(application_id=changed.pk).delete()
        audit.record(
            actor=actor,
            action=actions.CLIENT_CHANGED,
            stream=("client", changed.pseudonym),
            data={"name": changed.name, "role": changed.role, "is_active": changed.is_active},
        )
        return changed


def _named(name: str) -> str:
    if not name.strip():
        raise InvalidError(_("Say what the client is called."), extra={"field": "name"})
    return name.strip()[:255]


def _machine_role(role: Role) -> str:
    if role not in ROLES:
        raise InvalidError(_("A machine is an integrator or an auditor: only people decide."), extra={"field": "role"})
    return role.value

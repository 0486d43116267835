"""Making workspaces, and what holds in all of one."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance import actions
from governance.domain import Actor, Capability, ConflictError, InvalidError, Role, roles_with, system_actor, uuid7
from governance.models import Workspace
from governance.selectors.principals import actor_of_membership, people_with_role
from governance.selectors.scope import enter_workspace
from governance.services import audit
from governance.services.members import add_member
from governance.services.rights import require

_TWO = 2


class SlugTakenError(ConflictError):
    """Another workspace has this address."""

    code = "slug_taken"
    title = gettext_noop("Another workspace has this address")


class NobodyElseError(ConflictError):
    """There is nobody who could be the second person."""

    code = "nobody_else"
    title = gettext_noop("There is nobody who could be the second person")


def change_workspace(*, actor: Actor, approves_policies: bool) -> Workspace:
    """Say whether a second person approves policies; asked for only where there are two who can."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.MANAGE_MEMBERS)
        workspace = Workspace.objects.select_for_update().get(id=actor.workspace_id)
        if workspace.approves_policies is approves_policies:
            return workspace
        if approves_policies and len(people_with_role(*roles_with(Capability.CONFIGURE))) < _TWO:
            raise NobodyElseError(
                _("Make somebody else an owner or admin first: nobody could approve."),
                extra={"field": "approves_policies"},
            )
        workspace.approves_policies = approves_policies
        workspace.save(update_fields=["approves_policies"])
        audit.record(
            actor=actor,
            action=actions.WORKSPACE_CHANGED,
            stream=("workspace", workspace.id),
            data={"changes": {"approves_policies": [not approves_policies, approves_policies]}},
        )
        return workspace


def create_workspace(
    *,
    slug: str,
    name: str,
    is_demo: bool = False,
    admin_email: str | None = None,
    admin_name: str = "",
    admin_password: str | None = None,
) -> tuple[Workspace, Actor]:
    """Store a workspace, with its first admin if one is named, and leave the transaction inside it.

    The actor returned is that admin; without one it is the product itself, which may then invite somebody.
    """
    with transaction.atomic(savepoint=False):
        workspace = Workspace(id=uuid7(), slug=slug, name=name, is_demo=is_demo)
        try:
            workspace.clean_fields()
        except ValidationError as error:
            raise InvalidError(" ".join(error.messages), extra={"field": next(iter(error.message_dict))}) from None
        # Row-level security shows and takes the row only once its workspace has been entered.
        enter_workspace(workspace.id)
        try:
            with transaction.atomic():
                workspace.save(force_insert=True)
        except IntegrityError:
            raise SlugTakenError(extra={"field": "slug"}) from None
        actor = system_actor(workspace.id)
        audit.record(
            actor=actor,
            action=actions.WORKSPACE_CREATED,
            stream=("workspace", workspace.id),
            data={"slug": slug, "is_demo": is_demo},
        )
        if admin_email is None:
            return workspace, actor
        membership = add_member(
            actor=actor,
            email=admin_email,
            name=admin_name or admin_email.partition("@")[0] or _("Admin"),
            role=Role.ADMIN,
            password=admin_password,
        )
        return workspace, actor_of_membership(membership)

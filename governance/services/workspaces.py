"""Making workspaces."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from governance import actions
from governance.domain import Actor, ConflictError, InvalidError, Role, system_actor, uuid7
from governance.models import Workspace
from governance.selectors.principals import actor_of_membership
from governance.selectors.scope import enter_workspace
from governance.services import audit
from governance.services.members import add_member


class SlugTakenError(ConflictError):
    """Another workspace has this address."""

    code = "slug_taken"
    title = "Another workspace has this address"


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

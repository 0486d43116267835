"""Who belongs to a workspace, and as what."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance import actions
from governance.domain import Actor, Capability, ConflictError, Role
from governance.models import Membership, PersonToken, User
from governance.services import audit
from governance.services.people import create_person, person_with, valid_email
from governance.services.rights import require


class AlreadyMemberError(ConflictError):
    """The person is a member already."""

    code = "already_member"
    title = gettext_noop("This person is a member already")


class LastAdminError(ConflictError):
    """A workspace never loses its last admin."""

    code = "last_admin"
    title = gettext_noop("A workspace keeps at least one admin")


def add_member(*, actor: Actor, email: str, name: str, role: Role, password: str | None = None) -> Membership:
    """Make a person a member; an account with this address is used as it is, its password included."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.MANAGE_MEMBERS)
        email = valid_email(email)
        person = person_with(email) or create_person(email=email, name=name, password=password)
        membership = join(workspace_id=actor.workspace_id, person=person, role=role)
        audit.record(
            actor=actor,
            action=actions.MEMBER_ADDED,
            stream=("member", membership.id),
            data={"role": role.value, "member": str(membership.pseudonym)},
        )
        return membership


def change_member(
    *,
    actor: Actor,
    membership: Membership,
    role: Role | None = None,
    is_active: bool | None = None,
) -> Membership:
    """Give a member another role, or end or resume the membership; tokens end with it."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.MANAGE_MEMBERS)
        admins = _lock_admins()
        changed = Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=membership.pk)
        before = {"role": changed.role, "is_active": changed.is_active}
        changed.role = role.value if role else changed.role
        changed.is_active = changed.is_active if is_active is None else is_active
        after = {"role": changed.role, "is_active": changed.is_active}
        if after == before:
            return changed
        stays_admin = changed.is_active and changed.role == Role.ADMIN
        if not stays_admin and admins == [changed.id]:
            raise LastAdminError(_("Make somebody else an admin first."))
        changed.save(update_fields=["role", "is_active"])
        if not changed.is_active:
            PersonToken.objects.filter(membership=changed).delete()
        audit.record(
            actor=actor,
            action=actions.MEMBER_CHANGED,
            stream=("member", changed.id),
            data=after | {"member": str(changed.pseudonym)},
        )
        return changed


def join(*, workspace_id: UUID, person: User, role: Role) -> Membership:
    """Store the membership, or resume an ended one; part of a service that audits it."""
    membership = Membership.objects.select_for_update().filter(user=person).first()
    if membership is None:
        return Membership.objects.create(workspace_id=workspace_id, user=person, role=role.value)
    if membership.is_active:
        raise AlreadyMemberError(extra={"field": "email"})
    membership.role, membership.is_active = role.value, True
    membership.save(update_fields=["role", "is_active"])
    return membership


def _lock_admins() -> list[UUID]:
    """Return who is an admin now; two changes at once wait for each other here."""
    admins = Membership.objects.select_for_update(of=("self",)).order_by("id")
    return list(admins.filter(role=Role.ADMIN.value, is_active=True, user__is_active=True).values_list("id", flat=True))

"""Coming into a workspace: a link by e-mail that works once, for 72 hours. Only its hash is kept."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from governance import actions
from governance.domain import Actor, Capability, ForbiddenError, InvalidError, NotFoundError, Role
from governance.models import Invitation, Membership, User
from governance.selectors.invitations import enter_by_invitation
from governance.selectors.principals import actor_of_membership, token_digest
from governance.selectors.workspaces import entered_workspace
from governance.services import audit
from governance.services.members import AlreadyMemberError, join
from governance.services.people import check_password_is_good, create_person, person_with, valid_email
from governance.services.rights import require

VALID_H = 72


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation and its link, which is known only now."""

    invitation: Invitation
    link: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A membership that an invitation led to, and whether the person is new here."""

    membership: Membership
    workspace: str
    is_new_person: bool


class InvitationSpentError(NotFoundError):
    """The link is wrong, was used, or has expired."""

    code = "invitation_spent"
    title = gettext_noop("This invitation can't be used")


def invite(*, actor: Actor, email: str, role: Role) -> Invited:
    """Store an invitation and send its link after commit; an earlier one to the same address ends."""
    with transaction.atomic(savepoint=False):
        require(actor, Capability.MANAGE_MEMBERS)
        email = valid_email(email)
        if Membership.objects.filter(user__email__iexact=email, is_active=True).exists():
            raise AlreadyMemberError(extra={"field": "email"})
        earlier = Invitation.objects.filter(email__iexact=email, accepted_at=None, expires_at__gt=Now())
        earlier.update(expires_at=Now() - timedelta(seconds=1))
        token = secrets.token_urlsafe(32)
        invitation = Invitation.objects.create(
            workspace_id=actor.workspace_id,
            email=email,
            role=role.value,
            token_hash=token_digest(token),
            expires_at=timezone.now() + timedelta(hours=VALID_H),
        )
        audit.record(
            actor=actor,
            action=actions.MEMBER_INVITED,
            stream=("invitation", invitation.id),
            data={"email": email, "role": role.value},
        )
        link = f"{settings.PUBLIC_URL}/invitations/{token}/"
        workspace_name = entered_workspace().name
        # Django names a failing hook by its __qualname__, which a partial lacks.
        transaction.on_commit(lambda: _send(invitation, workspace_name, link), robust=True)
        return Invited(invitation, link)


def accept_invitation(*, token: str, name: str, password: str) -> Joined:
    """Make the invited person a member, once, and leave the transaction in the workspace.

    A new person chooses the password; whoever has an account already proves it by theirs.
    """
    with transaction.atomic(savepoint=False):
        invitation = _locked(token)
        person = person_with(invitation.email)
        is_new = person is None
        if person is None:
            person = create_person(email=invitation.email, name=name, password=password)
        else:
            _prove(person, password)
        role = Role(invitation.role)
        membership = join(workspace_id=invitation.workspace_id, person=person, role=role)
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        audit.record(
            actor=actor_of_membership(membership),
            action=actions.MEMBER_JOINED,
            stream=("member", membership.id),
            data={"role": role.value, "member": str(membership.pseudonym)},
        )
        return Joined(membership, workspace=entered_workspace().name, is_new_person=is_new)


def _locked(token: str) -> Invitation:
    """Return the open invitation of the token, locked: of two who accept at once one finds it spent."""
    invitation_id = enter_by_invitation(token)
    locked = Invitation.objects.select_for_update()
    invitation = locked.filter(id=invitation_id, accepted_at=None).first() if invitation_id else None
    if invitation is None:
        raise InvitationSpentError
    return invitation


def _prove(person: User, password: str) -> None:
    if not person.is_active:
        raise ForbiddenError(_("This account has been closed."))
    if not person.has_usable_password():
        check_password_is_good(password, person)
        person.set_password(password)
        person.save(update_fields=["password"])
    elif not person.check_password(password):
        raise InvalidError(
            _("You have an account with this address already: enter its password."),
            extra={"field": "password"},
        )


def _send(invitation: Invitation, workspace_name: str, link: str) -> None:
    hours = ngettext("%(count)s hour", "%(count)s hours", VALID_H) % {"count": VALID_H}
    lines = [
        _("You are invited to work in %(workspace)s as %(role)s.")
        % {"workspace": workspace_name, "role": invitation.get_role_display().lower()},
        "",
        _("Follow this link to join; it works once, within %(hours)s:") % {"hours": hours},
        link,
        "",
        _("If you did not expect this message, leave it: nothing happens without the link."),
    ]
    subject = _("Invitation to %(workspace)s") % {"workspace": " ".join(workspace_name.split())}
    send_mail(subject, "\n".join(lines) + "\n", None, [invitation.email])

"""Members and invitations."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from governance.admin.scoped import AnyForm, ScopedAdmin, actor_of, take_over
from governance.domain import Actor, Capability, Role
from governance.models import Invitation, Membership
from governance.services.invitations import invite
from governance.services.members import change_member


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin[Membership]):
    """Members: their role changes here; they come in by invitation."""

    to_view = to_write = Capability.MANAGE_MEMBERS
    can_add = False
    fields = ("user", "role", "is_active", "created_at")
    readonly_fields = ("user", "created_at")
    list_display = ("user", "email", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    ordering = ("user__name",)

    @admin.display(description="e-mail", ordering="user__email")
    def email(self, row: Membership) -> str:
        """Return the person's address."""
        return row.user.email

    def save_service(
        self,
        actor: Actor,
        row: Membership,
        form: AnyForm,
        *,
        change: bool,
    ) -> Membership:
        """Change role or end the membership."""
        asked = form.cleaned_data
        return change_member(actor=actor, membership=row, role=Role(asked["role"]), is_active=asked["is_active"])


@admin.register(Invitation)
class InvitationAdmin(ScopedAdmin[Invitation]):
    """Invitations: sent here by e-mail; a new one to the same address ends the one before."""

    to_view = to_write = Capability.MANAGE_MEMBERS
    is_immutable = True
    fields: ClassVar[Any] = ("email", "role")
    list_display = ("email", "role", "created_at", "expires_at", "accepted_at")
    list_filter = ("role",)
    search_fields = ("email",)
    ordering = ("-created_at",)

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """Invite, and show the link this once, for those whose mail does not arrive."""
        asked = form.cleaned_data
        invited = invite(actor=actor_of(request), email=asked["email"], role=Role(asked["role"]))
        take_over(obj, invited.invitation)
        self.message_user(request, _("The link, shown this once: %(link)s") % {"link": invited.link}, messages.WARNING)

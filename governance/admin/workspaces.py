"""What holds in all of the workspace."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.admin.scoped import AnyForm, ScopedAdmin, actor_of
from governance.domain import Actor, Capability
from governance.models import Workspace
from governance.services.workspaces import change_workspace


@admin.register(Workspace)
class WorkspaceAdmin(ScopedAdmin[Workspace]):
    """The workspace itself: there is one, and whoever manages its members says how it works."""

    to_view = to_write = Capability.MANAGE_MEMBERS
    can_add = False
    fields = ("name", "slug", "approves_policies", "created_at")
    readonly_fields = ("name", "slug", "created_at")
    list_display = ("name", "slug", "approves_policies")
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        """Return the entered workspace alone."""
        return Workspace.objects.filter(id=actor_of(request).workspace_id)

    def save_service(self, actor: Actor, row: Workspace, form: AnyForm, *, change: bool) -> Workspace:
        """Change what holds in it."""
        return change_workspace(actor=actor, approves_policies=form.cleaned_data["approves_policies"])

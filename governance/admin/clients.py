"""API clients."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from governance.admin.scoped import AnyForm, ScopedAdmin, actor_of, take_over
from governance.domain import Actor, Role
from governance.models import ApiClient
from governance.services.clients import change_client, create_client


@admin.register(ApiClient)
class ApiClientAdmin(ScopedAdmin[ApiClient]):
    """Machines with their own credentials."""

    list_display = ("name", "client_id", "role", "is_active", "created")
    list_filter = ("role", "is_active")
    search_fields = ("name", "client_id")
    ordering = ("name",)

    def get_fields(self, _request: HttpRequest, obj: ApiClient | None = None) -> list[Any]:
        """Ask for name and role; the rest exists later."""
        return ["name", "role"] if obj is None else ["name", "role", "is_active", "client_id", "created"]

    def get_readonly_fields(self, _request: HttpRequest, _obj: ApiClient | None = None) -> list[str]:
        """Keep the credentials as they are."""
        return ["client_id", "created"]

    def save_model(self, request: HttpRequest, obj: ApiClient, form: Any, change: bool) -> None:
        """Save by the services; a new client's secret is shown this once."""
        if change:
            super().save_model(request, obj, form, change)
            return
        asked = form.cleaned_data
        created = create_client(actor=actor_of(request), name=asked["name"], role=Role(asked["role"]))
        take_over(obj, created.client)
        shown = {"id": created.client.client_id, "secret": created.secret}
        message = _("Keep these now, the secret is not shown again. client_id: %(id)s client_secret: %(secret)s")
        self.message_user(request, message % shown, messages.WARNING)

    def save_service(
        self,
        actor: Actor,
        row: ApiClient,
        form: AnyForm,
        *,
        change: bool,
    ) -> ApiClient:
        """Change name or role, or stop the client."""
        asked = form.cleaned_data
        return change_client(
            actor=actor,
            client=row,
            name=asked["name"],
            role=Role(asked["role"]),
            is_active=asked["is_active"],
        )

"""Hosts of one's own network that may be called."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.admin.scoped import AnyForm, ScopedAdmin
from governance.domain import Actor, Capability
from governance.models import PrivateHost
from governance.services.private_hosts import add_private_host, change_private_host


@admin.register(PrivateHost)
class PrivateHostAdmin(ScopedAdmin[PrivateHost]):
    """What webhooks and models may reach inside the network; for admins, since it opens a door."""

    to_view = to_write = Capability.MANAGE_MEMBERS
    list_display = ("host", "port", "note", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("host", "note")
    ordering = ("host", "port")

    def get_fields(self, _request: HttpRequest, obj: PrivateHost | None = None) -> list[Any]:
        """Ask for host and port once."""
        asked = ["host", "port", "note"]
        return asked if obj is None else [*asked, "is_active", "created_at"]

    def get_readonly_fields(self, _request: HttpRequest, obj: PrivateHost | None = None) -> list[str]:
        """Keep host and port: another one is another entry."""
        return [] if obj is None else ["host", "port", "created_at"]

    def save_service(
        self,
        actor: Actor,
        row: PrivateHost,
        form: AnyForm,
        *,
        change: bool,
    ) -> PrivateHost:
        """Add an entry, or change its note and whether it is in use."""
        asked = form.cleaned_data
        if change:
            return change_private_host(
                actor=actor,
                private_host=row,
                note=asked["note"],
                is_active=asked["is_active"],
            )
        return add_private_host(actor=actor, host=asked["host"], port=asked["port"], note=asked["note"])

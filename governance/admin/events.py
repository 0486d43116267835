"""The trail of configuration and access, to read."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.actions import action_named
from governance.admin.scoped import ScopedAdmin
from governance.domain import Capability
from governance.models import ApiClient, AuditEvent, AuditPayload, AuditStream, Membership

_KINDS = {
    "attachment": _("Attachment"),
    "client": _("API client"),
    "dataset": _("Dataset"),
    "endpoint": _("Webhook endpoint"),
    "invitation": _("Invitation"),
    "member": _("Member"),
    "private_host": _("Private host"),
    "queue": _("Queue"),
    "workflow": _("Workflow"),
    "workspace": _("Workspace"),
}


class KindFilter(admin.SimpleListFilter):
    """By what kind of thing the event is about."""

    title = _("about")
    parameter_name = "kind"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        """Return the kinds."""
        return list(_KINDS.items())

    def queryset(self, _request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Limit to the kind."""
        return queryset.filter(stream_kind=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ScopedAdmin[AuditEvent]):
    """What changed in configuration and access. Items have their trail on their page, behind its own rules."""

    to_view = to_write = Capability.SEE_AUDIT
    can_add = False
    is_immutable = True
    list_display = ("recorded_at", "what", "about", "who", "stream_seq")
    list_filter = (KindFilter,)
    ordering = ("-id",)
    fields = (
        "recorded_at",
        "occurred_at",
        "what",
        "about",
        "stream_id",
        "stream_seq",
        "who",
        "correlation_id",
        "content",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Leave out items: their events count on their own rows, and a blind review must not be seen through here."""
        streams = AuditStream.objects.exclude(kind="item").values("stream_id")
        rows = super().get_queryset(request).filter(stream_id__in=streams).exclude(stream_kind="item")
        pseudonym = OuterRef("actor_pseudonym")
        member = Membership.objects.filter(pseudonym=pseudonym).values("user__name")[:1]
        client = ApiClient.objects.filter(pseudonym=pseudonym).values("name")[:1]
        return rows.annotate(actor_name=Coalesce(Subquery(member), Subquery(client)))

    @admin.display(description=_("event"))
    def what(self, row: AuditEvent) -> str:
        """Return the sentence of the action."""
        return action_named(row.action).title

    @admin.display(description=_("about"))
    def about(self, row: AuditEvent) -> str:
        """Return the kind of thing."""
        return str(_KINDS.get(row.stream_kind, row.stream_kind))

    @admin.display(description=_("by"))
    def who(self, row: Any) -> str:
        """Return who acted, where the workspace still knows."""
        return "AIOS Review" if row.actor_kind == "system" else str(row.actor_name or row.actor_pseudonym)

    @admin.display(description=_("content"))
    def content(self, row: AuditEvent) -> str:
        """Return what the event says."""
        payload = AuditPayload.objects.filter(event_id=row.id).first()
        if payload is None:
            return str(_("erased"))
        return json.dumps(json.loads(bytes(payload.body)), ensure_ascii=False, indent=2)

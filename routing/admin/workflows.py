"""Workflows: their settings, and whether they take items."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import AnyForm, ScopedAdmin, actor_of
from governance.domain import Actor
from routing.admin.queue_source import queue_keys
from routing.models import Restriction, RestrictionCause, Workflow
from routing.services.config import activate_workflow, change_workflow, create_workflow, pause_workflow


@admin.register(Workflow)
class WorkflowAdmin(ScopedAdmin[Workflow]):
    """Workflows."""

    list_display = ("name", "key", "state", "automation", "draw_rate", "contract", "model_version", "policy_version")
    list_filter = ("state",)
    list_select_related = ("contract__workflow", "model_version__model", "policy_version__policy")
    search_fields = ("name", "key")
    ordering = ("name",)
    actions = ("activate", "pause")
    in_force = ("state", "automation", "contract", "model_version", "policy_version")
    fieldsets = (
        (None, {"fields": ("key", "name")}),
        (_("When the machine is unsure or fails"), {"fields": ("fallback", "escalation_role", "escalation_queue")}),
        (_("Calibration and delivery"), {"fields": ("draw_rate", "uncertified", "hold_s", "max_attempts")}),
        (_("Intake"), {"fields": ("items_per_s",)}),
        (
            _("In force"),
            {"fields": in_force, "description": _("Chosen on the pages of contracts, models and policies.")},
        ),
    )

    def get_readonly_fields(self, _request: HttpRequest, obj: Workflow | None = None) -> tuple[str, ...]:
        """Keep the key, which senders use; what is in force has actions of its own."""
        return self.in_force if obj is None else ("key", *self.in_force)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        """Find the running stop along."""
        stops = Restriction.objects.filter(workflow=OuterRef("pk"), cause=RestrictionCause.STOP, lifted_at__isnull=True)
        return super().get_queryset(request).annotate(stopped_at=Subquery(stops.values("since")[:1]))

    @admin.display(description=_("automation"))
    def automation(self, row: Any) -> str:
        """Return whether somebody has stopped it; it is stopped and resumed on the board of queues."""
        stopped_at = getattr(row, "stopped_at", None)
        if stopped_at is None:
            return gettext("as the policy says")
        return gettext("stopped %(time)s, resume it on the board") % {
            "time": date_format(localtime(stopped_at), "j M H:i")
        }

    def save_service(self, actor: Actor, row: Workflow, form: AnyForm, *, change: bool) -> Workflow:
        """Create a draft or change settings."""
        settings = {name: value for name, value in form.cleaned_data.items() if name != "key"}
        if change:
            return change_workflow(actor=actor, workflow=row, **settings)
        return create_workflow(actor=actor, key=form.cleaned_data["key"], **settings)

    @admin.action(description=_("Activate: let it take items"), permissions=["write"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Workflow]) -> None:
        """Activate the chosen workflows."""
        actor = actor_of(request)
        self.for_each(
            request,
            queryset,
            lambda row: activate_workflow(actor=actor, workflow=row, queue_keys=queue_keys(row.id)),
        )

    @admin.action(description=_("Pause: take no more items"), permissions=["write"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Workflow]) -> None:
        """Pause the chosen workflows."""
        actor = actor_of(request)
        self.for_each(request, queryset, lambda row: pause_workflow(actor=actor, workflow=row))

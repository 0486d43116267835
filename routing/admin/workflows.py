"""Workflows: their settings, and whether they take items."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import AnyForm, ScopedAdmin, actor_of
from governance.domain import Actor
from routing.admin.queue_source import queue_keys
from routing.models import Workflow
from routing.services.config import activate_workflow, change_workflow, create_workflow, pause_workflow


@admin.register(Workflow)
class WorkflowAdmin(ScopedAdmin[Workflow]):
    """Workflows."""

    list_display = ("name", "key", "state", "draw_rate", "contract", "model_version", "policy_version")
    list_filter = ("state",)
    list_select_related = ("contract__workflow", "model_version__model", "policy_version__policy")
    search_fields = ("name", "key")
    ordering = ("name",)
    actions = ("activate", "pause")
    in_force = ("state", "contract", "model_version", "policy_version")
    fieldsets = (
        (None, {"fields": ("key", "name")}),
        (_("When the machine is unsure or fails"), {"fields": ("fallback", "escalation_role", "escalation_queue")}),
        (_("Calibration and delivery"), {"fields": ("draw_rate", "hold_s", "max_attempts")}),
        (_("Intake"), {"fields": ("items_per_s",)}),
        (
            _("In force"),
            {"fields": in_force, "description": _("Chosen on the pages of contracts, models and policies.")},
        ),
    )

    def get_readonly_fields(self, _request: HttpRequest, obj: Workflow | None = None) -> tuple[str, ...]:
        """Keep the key, which senders use; what is in force has actions of its own."""
        return self.in_force if obj is None else ("key", *self.in_force)

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

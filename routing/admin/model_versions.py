"""The model registry, to read, and the choice of who is in charge."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import ScopedAdmin, actor_of
from routing.models import Model, ModelVersion
from routing.services.config import set_model_version


@admin.register(Model)
class ModelAdmin(ScopedAdmin[Model]):
    """Lines of model versions."""

    can_add = False
    is_immutable = True
    fields = ("workflow", "name")
    list_display = ("name", "workflow")
    list_select_related = ("workflow",)
    ordering = ("workflow__name", "name")


@admin.register(ModelVersion)
class ModelVersionAdmin(ScopedAdmin[ModelVersion]):
    """Model versions; they are registered where they are trained."""

    can_add = False
    is_immutable = True
    fields = ("model", "version", "backend", "in_charge", "file", "sha256", "config", "metrics", "created_at")
    list_display = ("model", "version", "workflow", "backend", "in_charge", "created_at")
    list_display_links = ("model", "version")
    list_filter = ("backend",)
    list_select_related = ("model__workflow",)
    ordering = ("model__workflow__name", "-created_at")
    actions = ("put_in_charge",)

    @admin.display(description=_("workflow"), ordering="model__workflow__name")
    def workflow(self, row: ModelVersion) -> str:
        """Return whose model it is."""
        return str(row.model.workflow)

    @admin.display(description=_("in charge"), boolean=True)
    def in_charge(self, row: ModelVersion) -> bool:
        """Tell whether it makes the workflow's predictions."""
        return row.model.workflow.model_version_id == row.id

    @admin.action(description=_("Put in charge of predictions"), permissions=["write"])
    def put_in_charge(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        """Put the chosen versions in charge."""
        actor = actor_of(request)
        rows = queryset.select_related("model__workflow")
        self.for_each(
            request,
            rows,
            lambda row: set_model_version(actor=actor, workflow=row.model.workflow, model_version=row),
        )

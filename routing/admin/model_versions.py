"""The model registry: local versions to read, versions over HTTP to register, and the choice of who is in charge."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import AnyForm, ScopedAdmin, ScopedForm, actor_of
from governance.domain import Actor
from routing.backends.http import MOST_TIMEOUT_S
from routing.models import BackendKind, Model, ModelVersion, Workflow
from routing.services.config import register_model_version, set_model_token, set_model_version


class TokenForm(ScopedForm):
    """Another bearer token; the one that is stored is never shown."""

    token = forms.CharField(
        label=_("Bearer token"),
        required=False,
        max_length=4000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Sent with every request, stored sealed and never shown again. Empty: no token."),
    )


class HttpModelForm(TokenForm):
    """A new version that is asked over HTTP."""

    workflow = forms.ModelChoiceField(label=_("Workflow"), queryset=Workflow.objects.none())
    model_name = forms.CharField(label=_("Model"), max_length=120)
    url = forms.CharField(
        label=_("Address"),
        max_length=1000,
        help_text=_("https://…; for a host of your own network an admin lists it under private hosts first."),
    )
    timeout_s = forms.FloatField(label=_("Time-out, seconds"), min_value=0.1, max_value=MOST_TIMEOUT_S, initial=10)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        workflow = self.fields["workflow"]
        assert isinstance(workflow, forms.ModelChoiceField)  # noqa: S101 - declared above
        workflow.queryset = Workflow.objects.filter(workspace_id=self.workspace_id).order_by("name")


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
    """Model versions; local ones are registered where they are trained, those over HTTP here."""

    list_display = ("model", "version", "workflow", "backend", "in_charge", "created_at")
    list_display_links = ("model", "version")
    list_filter = ("backend",)
    list_select_related = ("model__workflow",)
    ordering = ("model__workflow__name", "-created_at")
    actions = ("put_in_charge",)

    def get_fields(self, _request: HttpRequest, obj: ModelVersion | None = None) -> list[Any]:
        """Ask for a version over HTTP, or show a version."""
        if obj is None:
            return ["workflow", "model_name", "version", "url", "timeout_s", "token"]
        shown = ["model", "version", "backend", "in_charge", "shown_config", "metrics", "known_failures", "created_at"]
        if obj.backend == BackendKind.HTTP:
            return [*shown, "has_token", "token"]
        return [*shown, "file", "sha256"]

    def get_readonly_fields(self, request: HttpRequest, obj: ModelVersion | None = None) -> list[str]:
        """Keep everything but the token."""
        return [] if obj is None else [name for name in self.get_fields(request, obj) if name != "token"]

    def get_form(
        self,
        request: HttpRequest,
        obj: ModelVersion | None = None,
        change: bool = False,
        **options: Any,
    ) -> Any:
        """Return the form for a new version, or for another token."""
        if obj is None:
            options["form"] = HttpModelForm
        elif obj.backend == BackendKind.HTTP:
            options["form"] = TokenForm
        return super().get_form(request, obj, change, **options)

    def has_change_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        """Let a token be changed, and nothing else."""
        return super().has_change_permission(request) and obj is not None and obj.backend == BackendKind.HTTP

    @admin.display(description=_("workflow"), ordering="model__workflow__name")
    def workflow(self, row: ModelVersion) -> str:
        """Return whose model it is."""
        return str(row.model.workflow)

    @admin.display(description=_("in charge"), boolean=True)
    def in_charge(self, row: ModelVersion) -> bool:
        """Tell whether it makes the workflow's predictions."""
        return row.model.workflow.model_version_id == row.id

    @admin.display(description=_("configuration"))
    def shown_config(self, row: ModelVersion) -> str:
        """Return the configuration without its secret."""
        shown = {key: value for key, value in row.config.items() if key != "sealed_token"}
        return json.dumps(shown, ensure_ascii=False, indent=2)

    @admin.display(description=_("known failures"))
    def known_failures(self, row: ModelVersion) -> str:
        """Return what it is known to get wrong, a sentence a line."""
        told = row.metrics.get("known_failures") or row.config.get("known_failures") or []
        return "\n".join(str(sentence) for sentence in told) if isinstance(told, list) else ""

    @admin.display(description=_("has a token"), boolean=True)
    def has_token(self, row: ModelVersion) -> bool:
        """Tell whether requests carry a token."""
        return bool(row.config.get("sealed_token"))

    def save_service(
        self,
        actor: Actor,
        row: ModelVersion,
        form: AnyForm,
        *,
        change: bool,
    ) -> ModelVersion:
        """Register a version over HTTP, or change its token."""
        asked = form.cleaned_data
        if change:
            return set_model_token(actor=actor, model_version=row, token=asked["token"])
        return register_model_version(
            actor=actor,
            workflow=asked["workflow"],
            model_name=asked["model_name"],
            version=asked["version"],
            url=asked["url"],
            token=asked["token"],
            config={"timeout_s": asked["timeout_s"]},
        )

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

"""Answer templates of the workflows."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import AnyForm, ScopedAdmin, actor_of
from governance.domain import Actor
from review.models import AnswerTemplate
from review.services.templates import change_template, create_template, retire_template


@admin.register(AnswerTemplate)
class AnswerTemplateAdmin(ScopedAdmin[AnswerTemplate]):
    """Answer templates."""

    list_display = ("name", "workflow", "action", "label", "is_active")
    list_filter = ("is_active", "action")
    list_select_related = ("workflow",)
    search_fields = ("name", "label")
    ordering = ("workflow__name", "name")
    actions = ("retire",)
    fieldsets = (
        (None, {"fields": ("workflow", "name", "is_active")}),
        (
            _("The answer"),
            {
                "fields": ("action", "label", "fields", "reason_code", "note"),
                "description": _(
                    "Checked against the workflow's present contract; reviewers may change it before they send it."
                ),
            },
        ),
    )

    def get_readonly_fields(self, _request: HttpRequest, obj: AnswerTemplate | None = None) -> tuple[str, ...]:
        """Keep the workflow: another one's contract knows other labels."""
        return () if obj is None else ("workflow",)

    def save_service(self, actor: Actor, row: AnswerTemplate, form: AnyForm, *, change: bool) -> AnswerTemplate:
        """Create or change the template."""
        content = dict(form.cleaned_data)
        content["fields"] = content.get("fields") or {}
        if change:
            return change_template(actor=actor, template=row, **content)
        return create_template(actor=actor, workflow_id=content.pop("workflow").id, **content)

    @admin.action(description=_("Retire: offer it no longer"), permissions=["write"])
    def retire(self, request: HttpRequest, queryset: QuerySet[AnswerTemplate]) -> None:
        """Retire the chosen templates."""
        actor = actor_of(request)
        self.for_each(request, queryset, lambda row: retire_template(actor=actor, template=row))

"""Policies: new versions are drafted, none is changed, an owner activates one."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import AnyForm, ScopedAdmin, ScopedForm, actor_of
from governance.domain import Actor
from routing.admin.queue_source import queue_keys
from routing.models import Policy, PolicyVersion, Workflow, WorkflowState
from routing.selectors.proposals import approval_is_asked
from routing.services.config import activate_policy_version, add_policy_version
from routing.services.policies import STANDARD

EXAMPLE = {
    "default_threshold": 0.9,
    "label_thresholds": {},
    "rules": [],
    "queue": "",
    "label_queues": {},
    "priority": 0,
    "label_priorities": {},
}


class DraftForm(ScopedForm):
    """A new version: for which workflow, under which name."""

    workflow = forms.ModelChoiceField(label=_("Workflow"), queryset=Workflow.objects.none())
    policy_name = forms.CharField(label=_("Policy"), max_length=120, initial=STANDARD)
    body = forms.JSONField(
        label=_("Rules and thresholds"),
        initial=EXAMPLE,
        widget=forms.Textarea(attrs={"rows": 20, "cols": 80, "spellcheck": "false"}),
        help_text=_("A threshold of null means never automatic. Rules come first and can only send items to people."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        workflow = self.fields["workflow"]
        assert isinstance(workflow, forms.ModelChoiceField)  # noqa: S101 - declared above
        workflow.queryset = Workflow.objects.filter(workspace_id=self.workspace_id).order_by("name")
        self.fields["body"].widget.attrs.setdefault("class", "vLargeTextField")


class ReasonForm(forms.Form):
    """Why a version is activated."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, widget=forms.TextInput(attrs={"size": 60})
    )


@admin.register(Policy)
class PolicyAdmin(ScopedAdmin[Policy]):
    """Named lines of policy versions."""

    can_add = False
    is_immutable = True
    fields = ("workflow", "name")
    list_display = ("name", "workflow")
    list_select_related = ("workflow",)
    ordering = ("workflow__name", "name")


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ScopedAdmin[PolicyVersion]):
    """Policy versions."""

    is_immutable = True
    list_display = ("policy", "number", "workflow", "is_active", "note", "created_at")
    list_display_links = ("policy", "number")
    list_select_related = ("policy__workflow",)
    ordering = ("policy__workflow__name", "policy__name", "-number")
    actions = ("activate",)

    def get_fields(self, _request: HttpRequest, obj: PolicyVersion | None = None) -> list[Any]:
        """Ask for a draft, or show a version."""
        if obj is None:
            return ["workflow", "policy_name", "body", "note"]
        return ["policy", "number", "is_active", "pretty_body", "note", "created_at"]

    def get_readonly_fields(self, _request: HttpRequest, obj: PolicyVersion | None = None) -> list[str]:
        """Name what is told rather than stored."""
        return [] if obj is None else ["is_active", "pretty_body", "created_at"]

    def get_form(
        self,
        request: HttpRequest,
        obj: PolicyVersion | None = None,
        change: bool = False,
        **options: Any,
    ) -> Any:
        """Return the draft's form for a new version."""
        if obj is None:
            options["form"] = DraftForm
        return super().get_form(request, obj, change, **options)

    @admin.display(description=_("workflow"), ordering="policy__workflow__name")
    def workflow(self, row: PolicyVersion) -> str:
        """Return whose policy it is."""
        return str(row.policy.workflow)

    @admin.display(description=_("active"), boolean=True)
    def is_active(self, row: PolicyVersion) -> bool:
        """Tell whether the workflow routes by it."""
        return row.policy.workflow.policy_version_id == row.id

    @admin.display(description=_("rules and thresholds"))
    def pretty_body(self, row: PolicyVersion) -> str:
        """Return the body, indented."""
        return json.dumps(row.body, ensure_ascii=False, indent=2)

    def save_service(
        self,
        actor: Actor,
        row: PolicyVersion,
        form: AnyForm,
        *,
        change: bool,
    ) -> PolicyVersion:
        """Draft a version."""
        draft = form.cleaned_data
        return add_policy_version(actor=actor, queue_keys=queue_keys(draft["workflow"].id), **draft)

    @admin.action(description=_("Activate: route by this version"), permissions=["write"])
    def activate(self, request: HttpRequest, queryset: QuerySet[PolicyVersion]) -> TemplateResponse | None:
        """Ask, then route by the chosen version."""
        rows = list(queryset.select_related("policy__workflow__policy_version"))
        if len(rows) != 1:
            self.message_user(request, gettext("Choose one version to activate."), messages.ERROR)
            return None
        form = ReasonForm(request.POST if request.POST.get("confirmed") == "yes" else None)
        if form.is_valid():
            actor, keys, reason = actor_of(request), queue_keys(rows[0].policy.workflow_id), form.cleaned_data["reason"]
            self.for_each(
                request,
                queryset,
                lambda row: activate_policy_version(actor=actor, version=row, queue_keys=keys, reason=reason),
            )
            return None
        return self._question(request, rows[0], form)

    def _question(self, request: HttpRequest, row: PolicyVersion, form: "ReasonForm") -> TemplateResponse:
        workflow = row.policy.workflow
        details = [(gettext("New: %(version)s") % {"version": row}, self.pretty_body(row))]
        if workflow.policy_version:
            before = workflow.policy_version
            details.append((gettext("Now: %(version)s") % {"version": before}, self.pretty_body(before)))
        question = gettext("From the next item on, %(workflow)s routes by %(version)s.")
        if approval_is_asked() and workflow.state != WorkflowState.DRAFT:
            question = gettext(
                "In this workspace a second person approves policies, so that %(version)s can't be activated here. "
                "Propose it on the page “Versions” of %(workflow)s."
            )
        context = self.admin_site.each_context(request) | {
            "title": gettext("Activate this policy version?"),
            "question": question % {"workflow": workflow, "version": row},
            "details": details,
            "rows": [row],
            "action": "activate",
            "confirm_label": gettext("Activate"),
            "form": form,
            "back_url": reverse("admin:routing_policyversion_changelist"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/activate_policy.html", context)

"""Webhook endpoints. Here rather than in governance, because only here is it known which workflows there are."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.admin.scoped import AnyForm, ScopedAdmin, actor_of, take_over
from governance.domain import Actor
from governance.models import WebhookEndpoint
from governance.services.endpoints import (
    change_endpoint,
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    ping_endpoint,
    rotate_secret,
)
from governance.views.proof import ask_for_proof
from review.admin.endpoint_form import EndpointForm, RotateForm

_ASKED = ("name", "url", "event_types", "workflows", "concurrency")
_TOLD = ("state", "log", "created_at")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ScopedAdmin[WebhookEndpoint]):
    """Where outcomes are sent to."""

    form = EndpointForm
    list_display = ("name", "url", "state", "created_at", "log")
    list_filter = ("is_enabled",)
    list_select_related = ("workspace",)
    search_fields = ("name", "url")
    ordering = ("name",)
    actions = ("enable", "disable", "ping", "rotate")

    def get_urls(self) -> list[URLPattern]:
        """Give the question before a rotation an address of its own, so that the password can be asked for on the way."""
        rotation = path(
            "<path:object_id>/rotate/",
            self.admin_site.admin_view(self.rotate_view),
            name="governance_webhookendpoint_rotate",
        )
        return [rotation, *super().get_urls()]

    def get_fields(self, _request: HttpRequest, obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        """Ask for what can be chosen; how it goes exists later."""
        return _ASKED if obj is None else (*_ASKED, *_TOLD)

    def get_readonly_fields(self, _request: HttpRequest, _obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        """Tell how it goes; switching is an action."""
        return _TOLD

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the password before a secret is made; the form goes to its own address, wherever it is shown."""
        if self.has_add_permission(request):
            ask_for_proof(request)
        return super().add_view(request, form_url or request.get_full_path(), extra_context)

    @admin.display(description=_("state"), ordering="is_enabled")
    def state(self, row: WebhookEndpoint) -> str:
        """Return whether it is on, and what is wrong with it."""
        if not row.is_enabled:
            return gettext("Off: %(reason)s") % {"reason": row.get_disabled_reason_display()}
        if row.failing_since is not None:
            return gettext("Failing since %(time)s UTC") % {"time": row.failing_since.strftime("%Y-%m-%d %H:%M")}
        return gettext("On")

    @admin.display(description=_("deliveries"))
    def log(self, row: WebhookEndpoint) -> SafeString:
        """Lead to what went there."""
        address = reverse("review:deliveries", kwargs={"workspace": row.workspace.slug})
        return format_html('<a href="{}?endpoint={}">{}</a>', address, row.pk, gettext("Delivery log"))

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        """Save by the services; a new endpoint's secret is shown this once."""
        if change:
            super().save_model(request, obj, form, change)
            return
        created = create_endpoint(actor=actor_of(request), **{name: form.cleaned_data[name] for name in _ASKED})
        take_over(obj, created.endpoint)
        self._tell_secret(request, created.secret)

    def save_service(self, actor: Actor, row: WebhookEndpoint, form: AnyForm, *, change: bool) -> WebhookEndpoint:
        """Change what can be chosen."""
        return change_endpoint(actor=actor, endpoint=row, **{name: form.cleaned_data[name] for name in _ASKED})

    @admin.action(description=_("Switch on"), permissions=["write"])
    def enable(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Send to the chosen ones again."""
        self.for_each(request, queryset, lambda row: enable_endpoint(actor=actor_of(request), endpoint=row))

    @admin.action(description=_("Switch off"), permissions=["write"])
    def disable(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Send nothing more to the chosen ones."""
        self.for_each(request, queryset, lambda row: disable_endpoint(actor=actor_of(request), endpoint=row))

    @admin.action(description=_("Send a test event"), permissions=["write"])
    def ping(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Send webhook.ping to the chosen ones; the delivery log tells what they answered."""
        self.for_each(request, queryset, lambda row: ping_endpoint(actor=actor_of(request), endpoint=row))

    @admin.action(description=_("Rotate the secret"), permissions=["write"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> HttpResponse | None:
        """Lead to the question."""
        rows = list(queryset)
        if len(rows) != 1:
            self.message_user(request, gettext("Choose one endpoint: each secret is shown by itself."), messages.ERROR)
            return None
        return redirect("admin:governance_webhookendpoint_rotate", rows[0].pk)

    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then make a new secret and show it this once."""
        if not self.has_write_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            return redirect("admin:governance_webhookendpoint_changelist")
        ask_for_proof(request)
        form = RotateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                overlap_s = int(form.cleaned_data["overlap_s"])
                self._tell_secret(request, rotate_secret(actor=actor_of(request), endpoint=row, overlap_s=overlap_s))
            return redirect("admin:governance_webhookendpoint_change", row.pk)
        context = self.admin_site.each_context(request) | {
            "title": gettext("Rotate the secret of %(name)s?") % {"name": row},
            "question": gettext(
                "A new secret is made and shown once. Until the receiver knows it, the old one signs too."
            ),
            "details": [(gettext("Address"), row.url)],
            "form": form,
            "form_url": request.path,
            "confirm_label": gettext("Rotate"),
            "back_url": reverse("admin:governance_webhookendpoint_change", args=[row.pk]),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/rotate_secret.html", context)

    def _tell_secret(self, request: HttpRequest, secret: str) -> None:
        told = gettext("Keep this now, it is not shown again. Signing secret: %(secret)s")
        self.message_user(request, told % {"secret": secret}, messages.WARNING)

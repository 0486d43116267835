"""The admin site of the workspace that the session is in."""

from functools import update_wrapper
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.utils.translation import gettext_lazy as _

from governance.api.authentication import WORKSPACE_SESSION_KEY
from governance.selectors.second_factor import lacks_second_factor
from governance.selectors.shell import may_administer
from governance.views.access import enter_as_member, to_login, to_second_factor

# The order of the index follows the work: who, what, by which rules, then the record of it.
_APP_ORDER = ("governance", "routing", "review")


class ScopedAdminSite(AdminSite):
    """Enters the session's workspace before anything else, and lets owners and admins of it in."""

    site_title = _("AIOS Review")
    site_header = _("AIOS Review administration")
    index_title = _("Administration")
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any) -> None:
        """Take only what is limited to a workspace; what libraries register for themselves is left out."""
        if admin_class is not None and getattr(admin_class, "is_scoped", False):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[Any]:
        """Leave out Django's jump to a row's own page: no model here has one, and it answers 500 to an id that is none."""
        return [pattern for pattern in super().get_urls() if getattr(pattern, "name", None) != "view_on_site"]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap a view: first the workspace, then Django's own checks."""
        inner = super().admin_view(view, cacheable)

        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_anonymous:
                return to_login(request)
            membership = enter_as_member(request, request.session.get(WORKSPACE_SESSION_KEY))
            if membership is None:
                return redirect("governance:pick_workspace")
            if lacks_second_factor(membership):
                return to_second_factor(request)
            if not may_administer(membership.role):
                raise PermissionDenied
            answer: HttpResponseBase = inner(request, *args, **kwargs)
            if isinstance(answer, SimpleTemplateResponse):
                answer.render()  # here, in the workspace: Django would do it after the request's transaction
            return answer

        return update_wrapper(entered, inner)

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether the request was let in by admin_view."""
        membership = getattr(request, "membership", None)
        return membership is not None and may_administer(membership.role)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Name the workspace on every page, and lead back into it."""
        context = super().each_context(request)
        membership = getattr(request, "membership", None)
        if membership is not None:
            context["site_header"] = f"{membership.workspace_name} · {self.site_header}"
            context["site_url"] = f"/w/{membership.slug}/"
        return context

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Order the index by the work rather than by the alphabet."""
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: _APP_ORDER.index(app["app_label"]))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Leave signing in to the one login page."""
        return redirect("admin:index") if request.user.is_authenticated else to_login(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Leave signing out to the one page for it."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Leave passwords to the one page for them."""
        return redirect("account_change_password")

"""The door of every page: who is asking, in which workspace, and whether their role opens it."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _

from governance.api.authentication import WORKSPACE_SESSION_KEY
from governance.domain import Actor, Capability
from governance.selectors.principals import MembershipFacts, memberships_of
from governance.selectors.second_factor import lacks_second_factor

Params = ParamSpec("Params")


class WorkspaceRequest(HttpRequest):
    """A request of a member, inside their workspace."""

    actor: Actor
    membership: MembershipFacts
    has_other_workspaces: bool


Page = Callable[Concatenate[WorkspaceRequest, str, Params], HttpResponseBase]
Served = Callable[..., HttpResponseBase]


def workspace_page(capability: Capability | None = None) -> Callable[[Page[Params]], Served]:
    """Let members with the capability in; the view is called as `view(request, workspace, ...)`.

    Nobody signed in: to the login. No such workspace, or not a member: 404. Another role: 403.
    """

    def decorate(page: Page[Params]) -> Served:
        @wraps(page)
        def guarded(request: HttpRequest, workspace: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_login(request)
            membership = enter_as_member(request, workspace)
            if membership is None:
                raise Http404
            if lacks_second_factor(membership):
                return to_second_factor(request)
            inside = cast("WorkspaceRequest", request)
            if capability is not None and not inside.actor.can(capability):
                raise PermissionDenied
            return page(inside, workspace, *args, **kwargs)

        return guarded

    return decorate


def enter_as_member(request: HttpRequest, slug: str | None) -> MembershipFacts | None:
    """Enter the person's workspace with this address (or their only one) and remember it; none where there is none.

    One statement. Sets `actor`, `membership` and `has_other_workspaces` on the request.
    """
    if request.user.is_anonymous:
        return None
    memberships = memberships_of(request.user.id, enter=slug)
    entered = next((membership for membership in memberships if membership.entered), None)
    if entered is None:
        return None
    inside = cast("WorkspaceRequest", request)
    inside.actor, inside.membership = entered.actor(), entered
    inside.has_other_workspaces = len(memberships) > 1
    if request.session.get(WORKSPACE_SESSION_KEY) != entered.slug:
        request.session[WORKSPACE_SESSION_KEY] = entered.slug
    return entered


def to_login(request: HttpRequest) -> HttpResponse:
    """Send the browser to the login and back afterwards; a fragment's request sends the whole page there."""
    if "HX-Request" in request.headers:
        answer = HttpResponse(status=HTTPStatus.NO_CONTENT)
        answer["HX-Redirect"] = resolve_url("account_login")
        return answer
    return redirect_to_login(request.get_full_path(), resolve_url("account_login"))


def to_second_factor(request: HttpRequest) -> HttpResponse:
    """Send the browser to where a second factor is set up, and say why."""
    messages.warning(request, _("Your role here asks for a second factor. Set up an authenticator app to come in."))
    return redirect("mfa_activate_totp")

"""Coming in: sign-up is closed, people come by invitation; then they choose a workspace."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from governance.api.authentication import WORKSPACE_SESSION_KEY
from governance.domain import NotFoundError, ProductError
from governance.forms import InvitationForm
from governance.selectors.invitations import open_invitation
from governance.selectors.principals import memberships_of
from governance.selectors.shell import shown_membership
from governance.services.invitations import accept_invitation
from governance.views.access import to_login

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up; only active members and superusers sign in."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Keep sign-up closed: invitations bring people in."""
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Turn away whoever belongs to no workspace any more, after their password was right."""
        refusal: HttpResponseBase | None = super().pre_login(request, user, **kwargs)
        if refusal is None and not user.is_superuser and not memberships_of(user.id, enter=None):
            refusal = self.respond_user_inactive(request, user)
        return refusal


def home(request: HttpRequest) -> HttpResponse:
    """Lead to the workspace used last, to the only one, or to the choice."""
    if request.user.is_anonymous:
        return to_login(request)
    memberships = memberships_of(request.user.id, enter=None)
    last = request.session.get(WORKSPACE_SESSION_KEY)
    slugs = [membership.slug for membership in memberships]
    if len(slugs) == 1 or last in slugs:
        return redirect("review:home", workspace=last if last in slugs else slugs[0])
    return redirect("governance:pick_workspace")


def pick_workspace(request: HttpRequest) -> HttpResponse:
    """Show the person's workspaces, or say that there are none."""
    if request.user.is_anonymous:
        return to_login(request)
    memberships = memberships_of(request.user.id, enter=None)
    if not memberships:
        return render(request, "governance/no_workspace.html")
    shown = [shown_membership(membership) for membership in memberships]
    return render(request, "governance/pick_workspace.html", {"memberships": shown})


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class InvitationView(View):
    """Lets the holder of an invitation's link join."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show who invites whom, as what."""
        return self._answer(request, token, InvitationForm())

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Join: a new person is signed in at once, whoever has an account signs in by the usual way."""
        form = InvitationForm(request.POST)
        if not form.is_valid():
            return self._answer(request, token, form)
        try:
            with transaction.atomic():
                joined = accept_invitation(token=token, **form.cleaned_data)
        except NotFoundError:
            return self._answer(request, token, form)
        except ProductError as error:
            field = error.extra.get("field")
            form.add_error(field if field in form.fields else None, str(error))
            return self._answer(request, token, form)
        membership = joined.membership
        if not joined.is_new_person:
            messages.success(
                request, _("You have joined %(workspace)s. Sign in to go on.") % {"workspace": joined.workspace}
            )
            return redirect("account_login")
        login(request, membership.user, backend=_BACKEND)
        return redirect("governance:home")

    def _answer(self, request: HttpRequest, token: str, form: InvitationForm) -> HttpResponse:
        invitation = open_invitation(token)
        response = render(
            request,
            "governance/invitation.html",
            {"invitation": invitation, "form": form},
            status=200 if invitation else 404,
        )
        response["Referrer-Policy"] = "no-referrer"
        return response

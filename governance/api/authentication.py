"""Who calls: a bearer token, or the browser session that the pages use; either way an actor in one workspace."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from governance.api.errors import CsrfFailedError, SecondFactorNeededError, WorkspaceNeededError
from governance.domain import Actor, NotFoundError
from governance.selectors.principals import MembershipFacts, actor_of_token, memberships_of
from governance.selectors.second_factor import lacks_second_factor
from governance.selectors.workspaces import entered_workspace

WORKSPACE_HEADER = "Aios-Workspace"
WORKSPACE_SESSION_KEY = "workspace"
_HASH_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"


class PrincipalAuthentication(BaseAuthentication):
    """Finds the actor by token (one statement) or session (the session's row and one more), and enters its workspace."""

    def authenticate(self, request: Request) -> tuple[Actor, Actor] | None:
        """Return the actor as both user and auth; none where the request says nothing about its caller."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        actor = _by_token(request, header) if header else _by_session(request)
        return None if actor is None else (actor, actor)

    def authenticate_header(self, _request: Request) -> str:
        """Say what kind of credentials a 401 asks for."""
        return 'Bearer realm="api"'


def _by_token(request: Request, header: str) -> Actor:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthenticationFailed("Send the token as `Authorization: Bearer ...`.")
    actor = actor_of_token(token.strip())
    if actor is None:
        raise AuthenticationFailed("The token is not known or has expired.")
    wanted = request.headers.get(WORKSPACE_HEADER)
    if wanted and entered_workspace().slug != wanted:
        raise _no_such_workspace(wanted)
    return actor


def _by_session(request: Request) -> Actor | None:
    raw: HttpRequest = request._request
    session: Any = raw.session
    person = session.get(SESSION_KEY)
    if person is None or session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    wanted = request.headers.get(WORKSPACE_HEADER) or session.get(WORKSPACE_SESSION_KEY)
    memberships = memberships_of(UUID(str(person)), enter=wanted)
    if not memberships or not _is_still_valid(session.get(HASH_SESSION_KEY), memberships[0].password):
        return None
    _enforce_csrf(raw)
    membership = _entered(memberships, wanted)
    if lacks_second_factor(membership):
        raise SecondFactorNeededError(detail=gettext("Your role asks for a second factor; set one up in the browser."))
    return membership.actor()


def _entered(memberships: list[MembershipFacts], wanted: str | None) -> MembershipFacts:
    for membership in memberships:
        if membership.entered:
            return membership
    if wanted:
        raise _no_such_workspace(wanted)
    raise WorkspaceNeededError(
        detail=f"You belong to several workspaces; name one in the header {WORKSPACE_HEADER}.",
        extra={"workspaces": [membership.slug for membership in memberships]},
    )


def _no_such_workspace(slug: str) -> NotFoundError:
    return NotFoundError(
        detail=gettext("There is no workspace “%(slug)s” for you.") % {"slug": slug}, extra={"workspace": slug}
    )


def _is_still_valid(session_hash: str | None, password: str) -> bool:
    """Tell whether the session was made under the person's present password, as Django does."""
    return session_hash is not None and any(
        constant_time_compare(session_hash, expected) for expected in _auth_hashes(password)
    )


def _auth_hashes(password: str) -> Iterator[str]:
    for secret in (None, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac(_HASH_SALT, password, secret=secret, algorithm="sha256").hexdigest()


def _enforce_csrf(request: HttpRequest) -> None:
    check = CSRFCheck(lambda _request: None)  # type: ignore[arg-type]
    check.process_request(request)
    reason = check.process_view(request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise CsrfFailedError(detail=f"The CSRF check failed: {reason}")

"""Asking for the password once more before a secret is made: whoever sits down at an open browser does not have it."""

from copy import copy
from http import HTTPStatus
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.domain import ProductError


class ProofNeededError(ProductError):
    """A browser asks for a secret, and the person has not proved for some minutes who they are."""

    code = "proof_needed"
    status = HTTPStatus.FORBIDDEN
    title = gettext_noop("The password is asked once more for this")


@reauthentication_required  # type: ignore[untyped-decorator]
def ask_for_proof(_request: HttpRequest) -> None:
    """Send a browser to the page that asks for the password, and back to this request afterwards."""


def require_proof(request: Any) -> None:
    """Refuse an API call by session without a recent proof; a token is a proof by itself."""
    if request.META.get("HTTP_AUTHORIZATION"):
        return
    raw = copy(request._request)
    raw.user = get_user(raw)  # the API has put the actor in its place
    try:
        ask_for_proof(raw)
    except ReauthenticationRequired:
        raise ProofNeededError(
            detail=_("Confirm your password at /accounts/reauthenticate/, or use a token.")
        ) from None

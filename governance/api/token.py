"""Short-lived tokens for machines: OAuth2 client credentials, and no other grant."""

import base64
import binascii
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import TokenView

from governance.selectors.clients import enter_by_client

GRANT = "client_credentials"


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class ClientTokenView(TokenView):  # type: ignore[misc]
    """Enters the client's workspace, then lets the OAuth2 library check the secret and write the token."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return a token, or an error as RFC 6749 names it."""
        grant = request.POST.get("grant_type")
        if grant is None:
            return _error("invalid_request", "grant_type is missing from the form.")
        if grant != GRANT:
            return _error("unsupported_grant_type", f"This service gives tokens for {GRANT} only.")
        client_id = _client_id(request)
        if not client_id or not enter_by_client(client_id):
            return _error("invalid_client", "The client is not known.", status=HTTPStatus.UNAUTHORIZED)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say in JSON that only POST is taken."""
        refusal = super().http_method_not_allowed(request, *args, **kwargs)
        response = _error("invalid_request", "Send a POST.", status=HTTPStatus.METHOD_NOT_ALLOWED)
        response["Allow"] = refusal["Allow"]
        return response


def _client_id(request: HttpRequest) -> str:
    """Return the client's public id from HTTP Basic authentication or the form."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            credentials = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
        client_id = unquote_plus(credentials.partition(":")[0])
    else:
        client_id = request.POST.get("client_id", "")
    return "" if "\x00" in client_id else client_id


def _error(code: str, description: str, *, status: int = HTTPStatus.BAD_REQUEST) -> HttpResponse:
    response = JsonResponse({"error": code, "error_description": description}, status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Basic realm="oauth"'
    return response

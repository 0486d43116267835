"""Every failure of the API as a problem document (RFC 9457): never HTML, never the inside of an error."""

import json
import math
import sys
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions
from rest_framework.views import set_rollback

from governance.api.passing import Passing, passing_state
from governance.domain import ForbiddenError, InvalidError, NotFoundError, ProductError

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
_API_PATHS = ("/api/", "/oauth/")
_CODES = {
    HTTPStatus.BAD_REQUEST: "malformed",
    HTTPStatus.UNAUTHORIZED: "not_authenticated",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.NOT_ACCEPTABLE: "not_acceptable",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}


def problem(
    status: int,
    code: str,
    *,
    title: str | None = None,
    detail: str = "",
    extra: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """Return a problem document."""
    members = (extra or {}) | {
        "type": f"urn:problem-type:aios-review:{code}",
        "title": title or HTTPStatus(status).phrase,
        "status": int(status),
        "code": code,
    }
    if detail:
        members["detail"] = detail
    body = json.dumps(members, default=str)
    return HttpResponse(body, status=int(status), content_type=CONTENT_TYPE, headers=headers)


def problem_of(error: ProductError) -> HttpResponse:
    """Return a failure that the product names itself."""
    wait_s = error.extra.get("retry_after_s")
    headers = None if wait_s is None else {"Retry-After": str(math.ceil(wait_s))}
    return problem(error.status, error.code, title=error.title, detail=error.detail, extra=error.extra, headers=headers)


def unavailable(passing: Passing) -> HttpResponse:
    """Return the answer for a state that passes."""
    headers = {"Retry-After": str(passing.retry_after_s)}
    return problem(passing.status, passing.code, detail=_(passing.detail), headers=headers)


def problem_response(error: Exception, _context: dict[str, Any]) -> HttpResponse | None:
    """Answer an exception of an API view and roll its transaction back; unknown ones go on to be logged."""
    response = _answer(error)
    if response is not None:
        set_rollback()
    return response


def _answer(error: Exception) -> HttpResponse | None:
    if passing := passing_state(error):
        log.warning("unavailable", code=passing.code, error=str(error).strip())
        return unavailable(passing)
    if isinstance(error, exceptions.APIException) and not isinstance(error, exceptions.ValidationError):
        return _of_framework(error)
    named = _named(error)
    return None if named is None else problem_of(named)


def _named(error: Exception) -> ProductError | None:
    """Return the failure as the product names it; none for an error of ours."""
    match error:
        case ProductError():
            return error
        case exceptions.ValidationError():
            found = list(_pointed(error.get_full_details()))
            return InvalidError(detail=f"{len(found)} member(s) can't be accepted.", extra={"errors": found})
        case Http404():
            return NotFoundError()
        case PermissionDenied():
            return ForbiddenError()
        case DataError():
            return InvalidError(detail="A value lies outside of what can be stored.")
    return None


def _of_framework(error: exceptions.APIException) -> HttpResponse:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if isinstance(error, exceptions.MethodNotAllowed):
        code = "method_not_allowed"
    elif isinstance(error, exceptions.Throttled):
        code = "too_many_requests"
        headers["Retry-After"] = str(int(getattr(error, "wait", None) or 1))
    elif isinstance(error, exceptions.AuthenticationFailed):
        code = "authentication_failed"
    else:
        code = _CODES.get(HTTPStatus(error.status_code), "error")
    return problem(error.status_code, code, detail=str(error.detail), headers=headers)


def _pointed(details: Any, pointer: str = "") -> Any:
    """Yield DRF's nested errors as `{pointer, code, message}`."""
    if isinstance(details, list):
        for index, part in enumerate(details):
            yield from _pointed(part, pointer if _is_leaf(part) else f"{pointer}/{index}")
    elif _is_leaf(details):
        yield {"pointer": pointer, "code": str(details["code"]), "message": str(details["message"])}
    elif isinstance(details, dict):
        for name, part in details.items():
            yield from _pointed(part, pointer if name == "non_field_errors" else f"{pointer}/{name}")


def _is_leaf(details: Any) -> bool:
    return isinstance(details, dict) and set(details) == {"message", "code"}


def is_api(request: HttpRequest) -> bool:
    """Tell whether the caller expects problem documents rather than pages."""
    return request.path.startswith(_API_PATHS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refused."""
    if is_api(request):
        return problem(HTTPStatus.BAD_REQUEST, "malformed", detail="The request could not be read.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a refusal from outside of an API view."""
    if is_api(request):
        return problem(HTTPStatus.FORBIDDEN, "forbidden")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that there is not."""
    if is_api(request):
        return problem(HTTPStatus.NOT_FOUND, "no_such_call", detail=f"The API has no call {request.path!r}.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an error of ours: what happened stands in the log, under the correlation id."""
    passing = passing_state(sys.exc_info()[1])
    if is_api(request):
        if passing:
            return unavailable(passing)
        detail = f"An unexpected error; quote the request id {getattr(request, 'correlation_id', '')}."
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail=detail)
    return unavailable_page(request) if passing else defaults.server_error(request)


def unavailable_page(request: HttpRequest) -> HttpResponse:
    """Return the page for a server that is not there for the moment."""
    response = defaults.server_error(request, template_name="503.html")
    response.status_code = int(HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def refusal_page(request: HttpRequest, error: ProductError) -> HttpResponse:
    """Return the page for a failure that the product names itself."""
    context = {"status": int(error.status), "title": _(error.title), "detail": error.detail, "code": error.code}
    return render(request, "governance/error.html", context, status=error.status)

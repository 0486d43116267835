"""Answers that the web server gives by itself, without a thread: too busy, too slow, too large."""

from functools import cache
from http import HTTPStatus

from django.http import HttpResponse
from django.template.loader import get_template

from aios_site.serving.threads import Answer
from governance.api.problems import problem

RETRY_AFTER_S = 1
_API_PATHS = ("/api/", "/oauth/")


@cache
def overloaded(*, is_api: bool) -> Answer:
    """Return the answer while too many requests are under way."""
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    if is_api:
        detail = "Too many requests are under way; nothing was changed. Send this one again in a moment."
        return _answer(problem(HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", detail=detail, headers=headers))
    page = get_template("503.html").render()
    return _answer(HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers))


@cache
def refused_body(status: HTTPStatus, *, most_bytes: int) -> Answer:
    """Return the answer for a body that is not read to its end; the connection is closed with it."""
    if status is HTTPStatus.REQUEST_TIMEOUT:
        response = problem(status, "body_too_slow", detail="The body did not arrive in time; nothing was changed.")
    elif status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        detail = f"At most {most_bytes} bytes are read."
        response = problem(status, "too_large", detail=detail, extra={"max_bytes": most_bytes})
    else:
        answer = overloaded(is_api=True)
        return Answer(answer.status, [*answer.headers, (b"connection", b"close")], answer.body)
    response["Connection"] = "close"
    return _answer(response)


def is_api(path: str) -> bool:
    """Tell whether the caller expects problem documents rather than pages."""
    return path.startswith(_API_PATHS)


def _answer(response: HttpResponse) -> Answer:
    response["Content-Length"] = str(len(response.content))
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    return Answer(response.status_code, headers, response.content)

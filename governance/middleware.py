"""One id from request to task, one log line for what failed or was slow, one observation of the time taken."""

import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse

from governance.api.passing import passing_state
from governance.api.problems import is_api, refusal_page, unavailable, unavailable_page
from governance.domain import ProductError
from governance.metrics import REQUEST_SECONDS

log = structlog.get_logger(__name__)

HEADER = "X-Request-ID"
SLOW_S = 1.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CorrelationMiddleware:
    """Binds the correlation id, takes the time, and answers 503 where a service below does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        started = time.perf_counter()
        correlation_id = _correlation_id(request)
        request.correlation_id = correlation_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
        response = self.get_response(request)
        response[HEADER] = correlation_id
        self._observe(request, response, time.perf_counter() - started)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what a page's selector or service refused, and an unreachable database or Valkey as a passing state."""
        if isinstance(exception, ProductError) and not is_api(request):
            return refusal_page(request, exception)
        passing = passing_state(exception)
        if passing is None:
            return None
        log.warning("unavailable", path=request.path, code=passing.code, error=str(exception).strip())
        return unavailable(passing) if is_api(request) else unavailable_page(request)

    def _observe(self, request: HttpRequest, response: HttpResponse, took_s: float) -> None:
        method = request.method if request.method in _METHODS else "OTHER"
        route = request.resolver_match.route if request.resolver_match else "unresolved"
        REQUEST_SECONDS.labels(method, route, response.status_code).observe(took_s)
        if response.status_code >= HTTPStatus.BAD_REQUEST or took_s > SLOW_S:
            log.info(
                "request",
                method=method,
                path=request.path,
                route=route,
                status=response.status_code,
                took_ms=round(took_s * 1000, 1),
            )


def _correlation_id(request: HttpRequest) -> str:
    """Return the caller's id where it is a UUID, else a new one."""
    given = request.headers.get(HEADER)
    if given:
        try:
            return str(UUID(given))
        except ValueError:
            pass
    return str(uuid.uuid4())

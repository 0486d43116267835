"""Whether the process serves, and whether everything it needs is there."""

from http import HTTPStatus

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from governance.selectors.readiness import NEVER, OK, Part, parts


@never_cache
@require_safe
@transaction.non_atomic_requests
def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that the process serves; asks nothing of anybody."""
    return JsonResponse({"status": OK})


@never_cache
@require_safe
@transaction.non_atomic_requests
def readyz(_request: HttpRequest) -> HttpResponse:
    """Say whether requests can be answered: 503 without database or migrations, else 200, `degraded` with reasons."""
    found = parts()
    wrong = [part for part in found if part.status != OK]
    is_ready = not any(part.is_needed for part in wrong)
    return JsonResponse(
        {
            "status": ("degraded" if wrong else OK) if is_ready else "unavailable",
            "reasons": [_reason(part) for part in wrong],
            "parts": {part.name: _shown(part) for part in found},
        },
        status=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


def _reason(part: Part) -> str:
    if part.status == NEVER:
        return f"{part.name} has not been seen yet"
    return f"{part.name} is {part.status}" + (f" ({part.lag_s:.0f} s)" if part.lag_s is not None else "")


def _shown(part: Part) -> dict[str, str | float | None]:
    if part.late_after_s is None:
        return {"status": part.status}
    return {"status": part.status, "lag_s": part.lag_s, "late_after_s": part.late_after_s}

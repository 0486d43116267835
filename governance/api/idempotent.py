"""The header Idempotency-Key around a call that stores something."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from django.http import HttpResponse
from django.utils.encoding import escape_uri_path
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from governance.api.errors import IdempotencyInFlightError, IdempotencyKeyReusedError
from governance.api.problems import CONTENT_TYPE
from governance.domain import Actor, MalformedError
from governance.services.idempotency import begin_idempotent, keep_answer, request_hash

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_LONGEST = 200

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="For 24 hours the same key and request get the same answer, with `Idempotent-Replayed: true`.",
)


def idempotently(
    request: Request, actor: Actor, work: Callable[[], HttpResponse], *, beside: Sequence[str] = ()
) -> HttpResponse:
    """Do the work once for a key; the same request again gets the same bytes. Raised failures are not kept.

    Parameters named in `beside` change nothing of the work: with others of them it is still the same request.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return work()
    if not (1 <= len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        raise MalformedError(detail=f"{HEADER} takes 1 to {_LONGEST} printable ASCII characters.")
    digest = request_hash(str(request.method), _address(request, beside), getattr(request, "raw_body", b""))
    attempt = begin_idempotent(actor=actor, key=key, digest=digest)
    if attempt.kept is not None:
        if not attempt.kept.is_same_request:
            raise IdempotencyKeyReusedError(detail=f"Within 24 hours a {HEADER} belongs to one request.")
        return _answer(attempt.kept.status, attempt.kept.body, {REPLAYED: "true"})
    if not attempt.is_free:
        raise IdempotencyInFlightError(detail="Wait a moment and send the same request again.")
    response = work()
    if not keep_answer(actor=actor, key=key, digest=digest, status=response.status_code, body=response.content):
        raise IdempotencyInFlightError(detail="Another request with this key was faster; send this one again.")
    return response


def _address(request: Request, beside: Sequence[str]) -> str:
    if not any(name in request.query_params for name in beside):
        return request.get_full_path()
    query = request.query_params.copy()
    for name in beside:
        query.pop(name, None)
    return f"{escape_uri_path(request.path)}?{query.urlencode()}".rstrip("?")


def _answer(status: int, body: bytes, headers: dict[str, str]) -> HttpResponse:
    content_type = CONTENT_TYPE if status >= HTTPStatus.BAD_REQUEST else "application/json"
    return HttpResponse(body, status=status, content_type=content_type, headers=headers)

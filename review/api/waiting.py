"""The parameter `wait`: a view answers at once and marks the answer; the web server holds it back until the item is final.

The mark is a header of the answer that never leaves the web server. When the item is final or time has run out, the server
asks for the item by an ordinary call under the same credentials, and says in the environment, where no client can, for whom.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.errors import FieldsInvalidError
from review.api import shown_item
from review.domain.states import FINAL_ITEM_STATES, ItemState
from review.selectors.item_detail import ItemDetail

MARK = "Aios-Wait"
ENVIRON = "aios.waited"
MOST_S = 30
# Word is asked for a little longer than the caller waits: the server's clock starts later than the database's.
SLACK_S = 2.0

_SECONDS = re.compile(r"[0-9]{1,2}(\.[0-9]{1,3})?", re.ASCII)

WAIT = OpenApiParameter(
    "wait",
    {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_S},
    description="Hold the answer back for up to so many seconds, until the item is resolved, withdrawn or dead.",
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """For which item an answer is held back, for how long, and what intake said of it; nothing if the item was asked for."""

    item_id: UUID
    seconds: float
    is_new: bool | None = None

    def mark(self) -> str:
        """Return the header's text."""
        said = "-" if self.is_new is None else int(self.is_new)
        return f"{self.item_id} {self.seconds} {said}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what a header says."""
        item_id, seconds, said = text.split(" ")
        return cls(UUID(item_id), float(seconds), None if said == "-" else said == "1")


def wait_of(request: Request) -> float | None:
    """Return for how many seconds the caller is ready to wait, if at all."""
    text = request.query_params.get("wait")
    if text is None:
        return None
    if not _SECONDS.fullmatch(text) or not 0 < float(text) <= MOST_S:
        message = f"A number of seconds above 0 and up to {MOST_S} is expected."
        raise FieldsInvalidError(
            detail=f"wait: {message}",
            extra={"errors": [{"parameter": "wait", "code": "invalid", "message": message}]},
        )
    return float(text)


def resumed(request: Request) -> Waiting | None:
    """Return for whom the web server itself asks, if it does."""
    text = request.META.get(ENVIRON)
    return None if text is None else Waiting.read(text)


def answer(item: ItemDetail, waiting: Waiting) -> HttpResponse:
    """Return the item to whoever waits for it, marked while it is not final.

    An item whose fate a blind review keeps back from the caller is never final for them: they wait for the whole time,
    so that neither answer nor time tells anything of it.
    """
    state = None if item.fate is None else item.fate.state
    if state not in FINAL_ITEM_STATES:
        if waiting.is_new is None:
            return _marked(json_response(shown_item.detail(item)), waiting)
        return pending(waiting, external_id=item.external_id, state=state)
    if waiting.is_new is None:
        return json_response(shown_item.detail(item))
    status = HTTPStatus.CREATED if waiting.is_new else HTTPStatus.OK
    return json_response(shown_item.detail(item) | {"is_new": waiting.is_new}, status=status)


def pending(waiting: Waiting, *, external_id: str, state: str | None = ItemState.RECEIVED.value) -> HttpResponse:
    """Return intake's answer for an item that is not final: 202, where to look, and the mark."""
    said: dict[str, Any] = {
        "id": waiting.item_id,
        "external_id": external_id,
        "is_new": waiting.is_new,
        "state": state,
    }
    response = json_response(said, status=HTTPStatus.ACCEPTED)
    response["Location"] = reverse("api:item", args=[waiting.item_id])
    return _marked(response, waiting)


def _marked(response: HttpResponse, waiting: Waiting) -> HttpResponse:
    response[MARK] = waiting.mark()
    return response

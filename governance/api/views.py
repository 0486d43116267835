"""The base of every API view: declared capabilities, a size limit that is checked before anything is read."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches
from rest_framework.views import APIView

from governance import throttles
from governance.api.errors import LengthRequiredError
from governance.domain import Actor, Capability, TooLargeError

_METHODS = ("get", "post", "put", "patch", "delete")


class AsWritten(BaseContentNegotiation):
    """Every call has one form of answer, whatever the caller says it would like."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser for the body's media type, as DRF would."""
        return next((parser for parser in parsers if media_type_matches(parser.media_type, request.content_type)), None)

    def select_renderer(
        self,
        _request: Request,
        renderers: Iterable[BaseRenderer],
        _format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the view's first renderer."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class ApiView(APIView):
    """A view of the HTTP API; a subclass that handles a method without declaring its capability can't be defined."""

    required: ClassVar[dict[str, Capability]] = {}
    # A view that spends more than the request itself calls `spend` once it knows how much.
    spends_later: ClassVar[bool] = False
    http_method_names = ["get", "head", "post", "put", "delete"]
    content_negotiation_class = AsWritten

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a handler whose capability is not declared, and a declaration without handler."""
        super().__init_subclass__(**kwargs)
        handled = {method.upper() for method in _METHODS if hasattr(cls, method)}
        if handled != set(cls.required):
            message = f"{cls.__name__} handles {sorted(handled)} and declares {sorted(cls.required)}"
            raise TypeError(message)

    @property
    def max_bytes(self) -> int:
        """Return how large a body may be."""
        return int(settings.AIOS_ITEM_BYTES)

    @property
    def actor(self) -> Actor:
        """Return who calls; only behind the permission check."""
        actor: Actor = self.request.auth  # type: ignore[assignment]
        return actor

    def perform_authentication(self, request: Request) -> None:
        """Find out who calls, and count the request as theirs."""
        super().perform_authentication(request)
        self._is_counted = False
        if not self.spends_later and isinstance(request.auth, Actor):
            self.spend()

    def spend(self, beside: throttles.Spending | None = None) -> None:
        """Count the request, unless that is done, and what it spends beside; refuse it where a rate is spent."""
        mine = None if self._is_counted else throttles.of_principal(self.actor)
        self._is_counted = True
        throttles.spend(mine, beside)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that says itself that it is too large, then find out who calls."""
        refuse_if_larger(request, self.max_bytes)
        super().initial(request, *args, **kwargs)


def refuse_if_larger(request: Request, max_bytes: int) -> None:
    """Refuse a request whose Content-Length is over the limit."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    if not declared and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequiredError(detail="Say with Content-Length how long the body is.")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise TooLargeError(
            detail=f"The body has {int(declared)} bytes; at most {max_bytes} are read.",
            extra={"max_bytes": max_bytes},
        )

"""uvicorn's HTTP protocol with what it lacks: an end to slow and endless heads, and word of the stop to those who wait.

Loaded by every process of the server before Django is set up; it must not import the product.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_S = 20.0
_HEAD_BYTES = 64 << 10

_at_stop: list[Callable[[], None]] = []


def at_stop(call: Callable[[], None]) -> None:
    """Call that when the server begins to stop, once for every open connection."""
    _at_stop.append(call)


class Protocol(HttpToolsProtocol):
    """One connection."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give the client some time for its first request."""
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head has grown out of bounds."""
        super().data_received(data)
        if self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Count the time of a further request's head."""
        super().on_message_begin()
        if self._head_timer is None:
            self._begin_head()

    def on_headers_complete(self) -> None:
        """Stop counting; what follows is the body, which has its own time."""
        self._end_head()
        super().on_headers_complete()

    def shutdown(self) -> None:
        """Tell those who wait, so that the stop does not wait for them."""
        super().shutdown()
        for call in _at_stop:
            call()

    def _begin_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(_HEAD_S, self._give_up)

    def _end_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        transport: Any = self.transport
        if not transport.is_closing():
            transport.close()

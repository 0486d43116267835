"""The WSGI application on a fixed pool of threads, which no slow client holds.

A thread begins when the request's body is there and ends with the answer's last byte in memory; the event loop does the
sending. Only what streams more than a megabyte, as exports do, keeps its thread until it is through.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any

from aios_site.serving.environ import environ_of

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

KEPT_BYTES = 1 << 20
_PIECE_BYTES = 1 << 16
# A client that does not take a piece in that time is given up.
_PIECE_S = 30.0


class GoneError(Exception):
    """The client has gone, or takes nothing."""


@dataclass(slots=True)
class Answer:
    """A complete answer."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        """Return a header's value."""
        return next((value for known, value in self.headers if known == name), None)


class Threads:
    """Runs a WSGI application for an event loop."""

    def __init__(self, application: Callable[..., Iterable[bytes]], workers: int, *, name: str = "web") -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)

    async def answer(
        self,
        scope: Mapping[str, Any],
        body: IO[bytes],
        send: Send,
        *,
        extra: Mapping[str, str] | None = None,
    ) -> Answer | None:
        """Return the application's answer; none where it was so long that it has been sent piece by piece."""
        loop = asyncio.get_running_loop()
        call = _Call(self._application, environ_of(scope, body, extra or {}), send, loop)
        return await loop.run_in_executor(self._pool, contextvars.copy_context().run, call.run)


async def send_answer(answer: Answer, send: Send) -> None:
    """Send a complete answer, to a slow client in pieces; one that takes nothing is given up."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    body = memoryview(answer.body)
    for start in range(0, max(len(body), 1), _PIECE_BYTES):
        more = start + _PIECE_BYTES < len(body)
        await send_piece(bytes(body[start : start + _PIECE_BYTES]), send, more=more)


async def send_piece(piece: bytes, send: Send, *, more: bool) -> None:
    """Send a part of a body."""
    try:
        async with asyncio.timeout(_PIECE_S):
            await send({"type": "http.response.body", "body": piece, "more_body": more})
    except TimeoutError:
        raise GoneError from None


class _Call:
    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        environ: dict[str, Any],
        send: Send,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._application, self._environ, self._send, self._loop = application, environ, send, loop
        self._status = 0
        self._headers: Headers = []

    def run(self) -> Answer | None:
        result = self._application(self._environ, self._start)
        try:
            parts: list[bytes] = []
            kept = 0
            pieces = iter(result)
            for piece in pieces:
                parts.append(piece)
                kept += len(piece)
                if kept > KEPT_BYTES and getattr(result, "streaming", True):
                    self._stream(b"".join(parts), pieces)
                    return None
            return Answer(self._status, self._headers, b"".join(parts))
        finally:
            getattr(result, "close", lambda: None)()

    def _start(self, status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Callable[[bytes], None]:
        self._status = int(status.split(" ", 1)[0])
        self._headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _write

    def _stream(self, begun: bytes, pieces: Iterator[bytes]) -> None:
        start = {"type": "http.response.start", "status": self._status, "headers": self._headers}
        self._wait(self._send(start))
        self._wait(send_piece(begun, self._send, more=True))
        for piece in pieces:
            self._wait(send_piece(piece, self._send, more=True))
        self._wait(send_piece(b"", self._send, more=False))

    def _wait(self, sending: Any) -> None:
        sent: Future[None] = asyncio.run_coroutine_threadsafe(sending, self._loop)
        sent.result()


def _write(_data: bytes) -> None:
    message = "write() belongs to the oldest WSGI applications"
    raise NotImplementedError(message)

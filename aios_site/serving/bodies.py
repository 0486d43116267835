"""Request bodies, read before a thread begins: small ones into memory, others onto the disk, none without end."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import IO, Any

from aios_site.serving.threads import GoneError

Receive = Callable[[], Awaitable[dict[str, Any]]]

SMALL_BYTES = 1 << 20
# What all bodies of a process may take up at once; also of clients that have said their length and send nothing.
_MEMORY_BYTES = 64 << 20
_DISK_BYTES = 2 << 30
# A body has so long, and longer the longer it is: 30 s for a few bytes, 11 minutes for 64 MB.
_LEAST_S = 30.0
_SLOWEST_BYTES_PER_S = 100_000


class RefusedBodyError(Exception):
    """The body is not taken; the status says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Bodies:
    """Reads bodies within limits that hold for all of them together."""

    def __init__(self, *, most_bytes: int, least_s: float = _LEAST_S) -> None:
        self.most_bytes = most_bytes
        self._least_s = least_s
        self._memory_left = _MEMORY_BYTES
        self._disk_left = _DISK_BYTES

    @asynccontextmanager
    async def read(self, scope: Mapping[str, Any], receive: Receive) -> AsyncIterator[IO[bytes]]:
        """Give the whole body as a file; what has no Content-Length has none for WSGI."""
        length = declared_length(scope)
        if length > self.most_bytes:
            raise RefusedBodyError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        in_memory = length if length <= SMALL_BYTES and length <= self._memory_left else 0
        on_disk = length - in_memory
        if on_disk > self._disk_left:
            raise RefusedBodyError(HTTPStatus.SERVICE_UNAVAILABLE)
        self._memory_left -= in_memory
        self._disk_left -= on_disk
        try:
            with io.BytesIO() if on_disk == 0 else tempfile.TemporaryFile() as file:
                if length:
                    await self._fill(file, receive, length, is_slow=on_disk > 0)
                yield file
        finally:
            self._memory_left += in_memory
            self._disk_left += on_disk

    async def _fill(self, file: IO[bytes], receive: Receive, length: int, *, is_slow: bool) -> None:
        try:
            async with asyncio.timeout(self._least_s + length / _SLOWEST_BYTES_PER_S):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise GoneError
                    part = message.get("body", b"")
                    if is_slow:
                        await asyncio.to_thread(file.write, part)
                    else:
                        file.write(part)
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            raise RefusedBodyError(HTTPStatus.REQUEST_TIMEOUT) from None
        file.seek(0)


def declared_length(scope: Mapping[str, Any]) -> int:
    """Return what Content-Length says."""
    text = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(text) if text.isdigit() else 0

"""Ordinary HTTP as the event loop sees it: body, place, thread, perhaps a wait, answer."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.conf import settings

from aios_site.serving.bodies import SMALL_BYTES, Bodies, Receive, RefusedBodyError, declared_length
from aios_site.serving.refusals import is_api, overloaded, refused_body
from aios_site.serving.threads import GoneError, Send, Threads, send_answer
from aios_site.serving.waits import Waits
from governance.metrics import OVERLOADED

# Whether the process lives is asked on a thread of its own: it must be answered while all others are taken.
_HEALTH = "/healthz"
# A page asks for a dozen files at once, and each takes a moment: they may queue longer.
_FILES_FACTOR = 4


class Front:
    """Answers HTTP requests; more than `most_queued` under way or queued are refused with 503."""

    def __init__(self, threads: Threads, health: Threads, waits: Waits, bodies: Bodies, *, most_queued: int) -> None:
        self._threads, self._health, self.waits, self._bodies = threads, health, waits, bodies
        self._most_queued = most_queued
        self._under_way = 0

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._answer(scope, receive, send)
        except GoneError:
            return  # the server closes what has no complete answer
        except RefusedBodyError as refusal:
            OVERLOADED.labels("body").inc()
            await send_answer(refused_body(refusal.status, most_bytes=self._bodies.most_bytes), send)

    async def _answer(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if self._is_full(scope) and declared_length(scope) > SMALL_BYTES:
            raise RefusedBodyError(HTTPStatus.SERVICE_UNAVAILABLE)
        began_at = time.monotonic()
        async with self._bodies.read(scope, receive) as body:
            # A small body is read before it is refused: the connection can be used again.
            if self._is_full(scope):
                OVERLOADED.labels("request").inc()
                await send_answer(overloaded(is_api=is_api(scope["path"])), send)
                return
            with self._place():
                threads = self._health if scope["path"] == _HEALTH else self._threads
                first = await threads.answer(scope, body, send)
        if first is not None:
            await send_answer(await self.waits.finish(first, scope, receive, began_at), send)

    def _is_full(self, scope: Mapping[str, Any]) -> bool:
        if scope["path"] == _HEALTH:
            return False
        factor = _FILES_FACTOR if scope["path"].startswith(f"/{settings.STATIC_URL.strip('/')}/") else 1
        return self._under_way >= self._most_queued * factor

    @contextmanager
    def _place(self) -> Iterator[None]:
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

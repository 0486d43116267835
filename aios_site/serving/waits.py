"""Holding an answer back until its item is final: a wait costs a task, and no thread and no connection."""

import asyncio
import io
import random
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.urls import reverse

from aios_site.serving.bodies import Receive
from aios_site.serving.listener import Listener
from aios_site.serving.threads import Answer, GoneError, Threads
from aios_site.serving.waiters import Waiters
from governance.metrics import WAITING
from review.api.waiting import ENVIRON, MARK, Waiting

_MARK = MARK.lower().encode()
# What belongs to the first request and not to the one that looks again for it.
_NOT_AGAIN = frozenset({b"content-length", b"content-type", b"transfer-encoding", b"expect", b"idempotency-key"})
_KEPT_HEADERS = frozenset({b"idempotent-replayed"})
_REQUEST_ID = b"x-request-id"
# While the listener is away, and after a look that failed, waiters look for themselves at about this interval, and the more
# of them there are the more seldom: all together at most so often.
_LOOK_EVERY_S = 4.0
_LOOKS_PER_S = 50
# The looks of many who are woken at once queue up for their share of the threads; nobody is kept longer than this for it.
_OVERTIME_S = 2.0


class Waits:
    """Finishes marked answers; `threads` run the look at the item, a share of them at a time."""

    def __init__(self, threads: Threads, *, most: int, at_once: int) -> None:
        self._threads = threads
        self._looks = asyncio.Semaphore(at_once)
        self.waiters = Waiters(most=most)
        self.listener = Listener(on_item=self.waiters.tell, on_hearing=self.waiters.tell_all)

    def close(self) -> None:
        """Answer everybody as things stand, and let nobody wait any more."""
        if not self.waiters.is_closing:
            self.waiters.close()
            self.listener.stop()

    async def finish(self, first: Answer, scope: Mapping[str, Any], receive: Receive, began_at: float) -> Answer:
        """Return what the caller gets: the first answer where it is not marked, or else when its item is final."""
        mark = first.header(_MARK)
        if mark is None:
            return first
        first = _unmarked(first)
        with self.waiters.place() as has_place:
            if not has_place:
                return first
            self.listener.start()
            gone = asyncio.ensure_future(_disconnected(receive))
            WAITING.inc()
            try:
                return await self._wait(first, scope, Waiting.read(mark.decode()), began_at, gone)
            finally:
                WAITING.dec()
                gone.cancel()

    async def _wait(
        self,
        first: Answer,
        scope: Mapping[str, Any],
        waiting: Waiting,
        began_at: float,
        gone: asyncio.Future[None],
    ) -> Answer:
        until = began_at + waiting.seconds
        latest, since, has_failed = first, began_at, False
        while True:
            with self.waiters.future(waiting.item_id, since=since) as told:
                await asyncio.wait(
                    {told, gone}, timeout=self._patience(until, has_failed), return_when="FIRST_COMPLETED"
                )
            if gone.done():
                raise GoneError
            if self.waiters.is_closing:
                return latest
            since = time.monotonic()
            answer = await self._look(first, scope, waiting, until + _OVERTIME_S, gone)
            has_failed = answer is None or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            if answer is not None and answer.status < HTTPStatus.BAD_REQUEST:
                latest = _joined(_unmarked(answer), first)
                if answer.header(_MARK) is None:
                    return latest
            elif not has_failed and answer is not None and answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                return latest  # the caller may no longer see the item
            if time.monotonic() >= until:
                return latest

    def _patience(self, until: float, has_failed: bool) -> float:
        left = max(0.0, until - time.monotonic())
        if self.listener.is_hearing and not has_failed:
            return left
        every_s = max(_LOOK_EVERY_S, len(self.waiters) / _LOOKS_PER_S)
        return min(left, every_s * random.uniform(0.75, 1.5))  # noqa: S311 - only spreads the looks

    async def _look(
        self, first: Answer, scope: Mapping[str, Any], waiting: Waiting, until: float, gone: asyncio.Future[None]
    ) -> Answer | None:
        """Ask for the item as its caller would; none where the turn did not come in time."""
        try:
            async with asyncio.timeout(max(0.0, until - time.monotonic())), self._looks:
                if gone.done() or self.waiters.is_closing:
                    return None
                request = _look_request(scope, waiting, first.header(_REQUEST_ID))
                return await self._threads.answer(request, io.BytesIO(), _refuse, extra={ENVIRON: waiting.mark()})
        except TimeoutError:
            return None


def _look_request(scope: Mapping[str, Any], waiting: Waiting, request_id: bytes | None) -> dict[str, Any]:
    headers = [(name, value) for name, value in scope["headers"] if name not in _NOT_AGAIN and name != _REQUEST_ID]
    if request_id is not None:
        headers.append((_REQUEST_ID, request_id))
    path = reverse("api:item", args=[waiting.item_id])
    return {**scope, "method": "GET", "path": path, "query_string": b"", "headers": headers}


def _unmarked(answer: Answer) -> Answer:
    return Answer(answer.status, [header for header in answer.headers if header[0] != _MARK], answer.body)


def _joined(answer: Answer, first: Answer) -> Answer:
    kept = [header for header in first.headers if header[0] in _KEPT_HEADERS]
    return Answer(answer.status, answer.headers + kept, answer.body)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(_message: dict[str, Any]) -> None:
    message = "an item is never streamed"
    raise RuntimeError(message)

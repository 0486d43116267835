"""Sending on an event loop of its own: many requests at once, to each endpoint no more than it wants."""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

import structlog
from django.utils import timezone

from governance.outgoing import OutgoingClient, OutgoingFailure, OutgoingRequest
from governance.services.delivery_rows import EXCERPT_LENGTH, LEASE_S, Parcel
from governance.services.signing import signed_headers

log = structlog.get_logger(__name__)

TIMEOUT_S = 15.0
MOST_RESPONSE_BYTES = 64 * 1024
# Requests at once over all endpoints; who waits for a place here has not begun, and no time-out runs.
MOST_AT_ONCE = 256
# A parcel that has waited longer for its turn goes back: sending it might outlast its lease.
_FRESH_S = LEASE_S - TIMEOUT_S - 5
_USER_AGENT = "AIOS-Review-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request brought: a status, or the reason why none came."""

    parcel: Parcel
    started_at: datetime
    took_ms: int
    status: int | None = None
    error: str = ""
    excerpt: str = ""
    retry_after: str | None = None

    @property
    def is_success(self) -> bool:
        """Tell whether the endpoint took it."""
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass
class _Lane:
    """What waits for one endpoint, each with the moment after which it goes back, and how many requests run."""

    waiting: deque[tuple[Parcel, float]] = field(default_factory=deque)
    width: int = 1
    running: int = 0


class Sender:
    """Takes parcels from a thread and gives replies back to it; a parcel that was not sent comes back as it went in."""

    def __init__(self) -> None:
        """Start the loop's thread."""
        # Both threads use the queue; `_pending` and `_unsent` are the caller's, lanes and tasks the loop's.
        self._results: queue.SimpleQueue[Reply | Parcel] = queue.SimpleQueue()
        self._pending = 0
        self._unsent: list[Parcel] = []
        self._lanes: dict[UUID, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._client: OutgoingClient | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Tell whether replies are still to come."""
        return self._pending > 0

    def send(self, parcels: Sequence[Parcel]) -> None:
        """Send these as soon as it is their turn."""
        self._pending += len(parcels)
        self._loop.call_soon_threadsafe(self._start, parcels, time.monotonic() + _FRESH_S)

    def replies(self, *, wait_s: float = 0.0, gather_s: float = 0.0) -> list[Reply]:
        """Return what has come back, waiting at most so long for the first, and after it for more to come."""
        found = self._taken(wait_s) if wait_s else []
        if found and gather_s and self._pending:
            time.sleep(gather_s)
        return found + self._taken(0)

    def take_unsent(self) -> list[Parcel]:
        """Return what came back without having been sent."""
        unsent, self._unsent = self._unsent, []
        return unsent

    def stop(self, *, grace_s: float) -> tuple[list[Reply], list[Parcel]]:
        """Begin no request, wait a moment for those in flight, and return the replies and what was not sent."""
        self._loop.call_soon_threadsafe(self._give_all_back)
        deadline = time.monotonic() + grace_s
        replies = self.replies()
        while self.is_busy and time.monotonic() < deadline:
            replies += self.replies(wait_s=0.05)
        asyncio.run_coroutine_threadsafe(self._wind_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        return replies + self.replies(), self.take_unsent()

    def _taken(self, wait_s: float) -> list[Reply]:
        """Return the replies in the queue, and put aside what was not sent."""
        found: list[Reply] = []
        try:
            one = self._results.get(timeout=wait_s) if wait_s else self._results.get_nowait()
            while True:
                self._pending -= 1
                if isinstance(one, Reply):
                    found.append(one)
                else:
                    self._unsent.append(one)
                one = self._results.get_nowait()
        except queue.Empty:
            return found

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _wind_up(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.__aexit__(None, None, None)

    def _start(self, parcels: Sequence[Parcel], until: float) -> None:
        if self._client is None:
            self._client = OutgoingClient(most_connections=MOST_AT_ONCE, most_kept=MOST_AT_ONCE)
        for parcel in parcels:
            lane = self._lanes.setdefault(parcel.endpoint_id, _Lane())
            lane.width = parcel.concurrency
            lane.waiting.append((parcel, until))
            if lane.running < lane.width:
                lane.running += 1
                task = self._loop.create_task(self._work(self._client, parcel.endpoint_id, lane))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _work(self, client: OutgoingClient, endpoint_id: UUID, lane: _Lane) -> None:
        """Send what waits in the lane, one after the other; there are as many of these as requests may run."""
        try:
            while lane.waiting and lane.running <= lane.width:
                async with self._places:
                    if lane.waiting:
                        await self._send_next(client, lane)
        finally:
            lane.running -= 1
            if not lane.running and not lane.waiting:
                self._lanes.pop(endpoint_id, None)

    async def _send_next(self, client: OutgoingClient, lane: _Lane) -> None:
        parcel, until = lane.waiting.popleft()
        result: Reply | Parcel = parcel
        try:
            if time.monotonic() < until:
                result = await _sent(client, parcel)
        finally:
            self._results.put(result)
        if isinstance(result, Reply) and not result.is_success:
            # Whatever waits behind a failure is judged anew: the endpoint may want to be left alone.
            self._give_back(lane)

    def _give_back(self, lane: _Lane) -> None:
        while lane.waiting:
            self._results.put(lane.waiting.popleft()[0])

    def _give_all_back(self) -> None:
        for lane in self._lanes.values():
            self._give_back(lane)


async def _sent(client: OutgoingClient, parcel: Parcel) -> Reply:
    """Send one parcel; whatever happens is a reply, but for the end of the process: then it is sent again, under the same id."""
    started_at = timezone.now()
    began = time.monotonic()
    try:
        headers = signed_headers(
            message_id=str(parcel.message_id), at=started_at, body=parcel.body, sealed=parcel.sealed
        )
        answer = await client.send(
            OutgoingRequest(
                method="POST",
                url=parcel.url,
                headers=headers | {"content-type": "application/json", "user-agent": _USER_AGENT},
                body=parcel.body,
                timeout_s=TIMEOUT_S,
                max_response_bytes=MOST_RESPONSE_BYTES,
                private_hosts=parcel.private_hosts,
            ),
        )
    except OutgoingFailure as failure:
        return Reply(parcel, started_at, _ms(began), error=str(failure))
    except Exception as failure:
        log.exception("delivery_failed", delivery=str(parcel.id))
        return Reply(parcel, started_at, _ms(began), error=f"{type(failure).__name__}: {failure}")
    return Reply(
        parcel,
        started_at,
        answer.took_ms,
        status=answer.status,
        excerpt=answer.body[: EXCERPT_LENGTH * 4].decode(errors="replace"),
        retry_after=answer.headers.get("retry-after") if answer.status >= HTTPStatus.BAD_REQUEST else None,
    )


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)

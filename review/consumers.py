"""Queue counts over a WebSocket: hints for pages that are open; whoever misses one polls."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from asgiref.sync import sync_to_async
from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from governance.domain import Actor
from governance.selectors.principals import memberships_of
from review.selectors.presence import Presence, present_at
from review.selectors.queues import QueueFacts, queues_for
from review.services.presence import note_absence, note_presence
from review.services.ticker import group_name

RECHECK_S = 60
PRESENT_EVERY_S = 20
# What `?at=` says of a page that works on every queue of its person.
EVERY_QUEUE = "all"
# The browser does not try again after these.
SIGNED_OUT = 4401
NOT_A_MEMBER = 4403


@dataclass(frozen=True, slots=True)
class Admission:
    """As whom a socket leads into a workspace, and the queues that its person may see."""

    actor: Actor
    queues: list[QueueFacts]

    @property
    def workspace_id(self) -> UUID:
        """Return the workspace."""
        return self.actor.workspace_id

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of those queues."""
        return frozenset(queue.key for queue in self.queues)

    def works_at(self, asked: str) -> frozenset[str]:
        """Return the queues at which a page that says so may be: those that its person may work."""
        mine = frozenset(queue.key for queue in self.queues if queue.may_work)
        return mine if asked == EVERY_QUEUE else mine & {asked}


class QueueConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Sends `{"type": "queues", "queues": [{key, depth, overdue, due_soon, oldest_at, leased, present}]}`; takes nothing in.

    A workstation says with `?at=<key of a queue>`, or `?at=all`, where it works: its person is there while it is open.
    """

    admission: Admission | None = None
    _tasks: tuple[asyncio.Task[None], ...] = ()

    async def connect(self) -> None:
        """Let a member in, tell the present counts, and keep asking whether they still are a member."""
        await self.accept()
        if not await self._is_admitted():
            return
        assert self.admission is not None  # noqa: S101 - just admitted
        await self.channel_layer.group_add(group_name(self.admission.workspace_id), self.channel_name)
        await self._say_present()
        present = await _outside(partial(present_at, self.admission.actor, self.admission.queues))
        await self.send_json({"type": "queues", "queues": counts_of(self.admission, present)})
        self._tasks = (asyncio.create_task(self._keep_checking()), asyncio.create_task(self._keep_saying()))

    async def disconnect(self, _code: int) -> None:
        """Stop asking, and leave."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_kwargs: Any) -> None:
        """Ignore what a client sends."""

    async def queues_changed(self, event: dict[str, Any]) -> None:
        """Pass on the counts of the queues that this person may see."""
        if self.admission is None:
            return
        keys = self.admission.keys
        await self.send_json({"type": "queues", "queues": [queue for queue in event["queues"] if queue["key"] in keys]})

    @property
    def _asked(self) -> str:
        """Where the page says that it works; empty where it does not."""
        query: bytes = self.scope["query_string"]
        return parse_qs(query.decode("ascii", "replace")).get("at", [""])[0]

    async def _say_present(self) -> None:
        if self.admission is None or not self._asked:
            return
        who = {"actor": self.admission.actor, "page": self.channel_name}
        keys = self.admission.works_at(self._asked)
        await _outside(partial(note_presence, **who, keys=keys) if keys else partial(note_absence, **who))

    async def _keep_saying(self) -> None:
        while True:
            await asyncio.sleep(PRESENT_EVERY_S)
            await self._say_present()

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            if not await self._is_admitted():
                return

    async def _is_admitted(self) -> bool:
        """Find out anew who the session belongs to and what they may see; close the socket if that is nothing."""
        user = await get_user({"session": SessionStore(session_key=self.scope["session"].session_key)})
        if not user.is_authenticated:
            await self._put_out(SIGNED_OUT)
            return False
        admission = await database_sync_to_async(admit)(user.pk, self.scope["url_route"]["kwargs"]["workspace"])
        if admission is None:
            await self._put_out(NOT_A_MEMBER)
            return False
        self.admission = admission
        return True

    async def _put_out(self, code: int) -> None:
        await self._leave()
        await self.close(code)

    async def _leave(self) -> None:
        """Be gone, and hear of nothing more."""
        admission, self.admission = self.admission, None
        if admission is None:
            return
        if self._asked:
            await _outside(partial(note_absence, actor=admission.actor, page=self.channel_name))
        await self.channel_layer.group_discard(group_name(admission.workspace_id), self.channel_name)


class NowhereConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Refuses sockets at addresses that there are not."""

    async def connect(self) -> None:
        """Refuse."""
        await self.close()


@transaction.atomic
def admit(user_id: UUID, slug: str) -> Admission | None:
    """Return what a person may see of a workspace's queues; none if they are no member of it."""
    membership = next((one for one in memberships_of(user_id, enter=slug) if one.slug == slug), None)
    if membership is None:
        return None
    actor = membership.actor()
    return Admission(actor=actor, queues=queues_for(actor))


def counts_of(admission: Admission, present: Presence) -> list[dict[str, Any]]:
    """Return the counts of the queues that a person may see, as the ticker sends them."""
    return [
        {
            "key": queue.key,
            "depth": queue.depth,
            "overdue": queue.overdue,
            "due_soon": queue.due_soon,
            "oldest_at": queue.oldest_at.isoformat() if queue.oldest_at else None,
            "leased": queue.leased,
            "present": [person.as_json() for person in present.get(queue.key, [])],
        }
        for queue in admission.queues
    ]


def _outside(work: Callable[[], Any]) -> Awaitable[Any]:
    """Run what asks Valkey beside the thread that the database has."""
    return sync_to_async(work, thread_sensitive=False)()

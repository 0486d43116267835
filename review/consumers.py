"""Queue counts over a WebSocket: hints for pages that are open; whoever misses one polls."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from governance.selectors.principals import memberships_of
from review.selectors.queues import queues_for
from review.services.ticker import group_name

RECHECK_S = 60
# The browser does not try again after these.
SIGNED_OUT = 4401
NOT_A_MEMBER = 4403


@dataclass(frozen=True, slots=True)
class Admission:
    """Into which workspace a socket leads, and the queues that its person may see."""

    workspace_id: UUID
    queues: list[dict[str, Any]]

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of those queues."""
        return frozenset(queue["key"] for queue in self.queues)


class QueueConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Sends `{"type": "queues", "queues": [{key, depth, overdue, due_soon, oldest_at, leased}]}`; takes nothing in."""

    admission: Admission | None = None
    _watch: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Let a member in, tell the present counts, and keep asking whether they still are a member."""
        await self.accept()
        if not await self._is_admitted():
            return
        assert self.admission is not None  # noqa: S101 - just admitted
        await self.channel_layer.group_add(group_name(self.admission.workspace_id), self.channel_name)
        await self.send_json({"type": "queues", "queues": self.admission.queues})
        self._watch = asyncio.create_task(self._keep_checking())

    async def disconnect(self, _code: int) -> None:
        """Stop asking, and leave the group."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        if self.admission is not None:
            await self.channel_layer.group_discard(group_name(self.admission.workspace_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_kwargs: Any) -> None:
        """Ignore what a client sends."""

    async def queues_changed(self, event: dict[str, Any]) -> None:
        """Pass on the counts of the queues that this person may see."""
        if self.admission is None:
            return
        keys = self.admission.keys
        await self.send_json({"type": "queues", "queues": [queue for queue in event["queues"] if queue["key"] in keys]})

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            if not await self._is_admitted():
                return

    async def _is_admitted(self) -> bool:
        """Find out anew who the session belongs to and what they may see; close the socket if that is nothing."""
        user = await get_user({"session": SessionStore(session_key=self.scope["session"].session_key)})
        if not user.is_authenticated:
            await self.close(SIGNED_OUT)
            return False
        self.admission = await database_sync_to_async(admit)(user.pk, self.scope["url_route"]["kwargs"]["workspace"])
        if self.admission is None:
            await self.close(NOT_A_MEMBER)
        return self.admission is not None


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
    queues = [
        {
            "key": queue.key,
            "depth": queue.depth,
            "overdue": queue.overdue,
            "due_soon": queue.due_soon,
            "oldest_at": queue.oldest_at.isoformat() if queue.oldest_at else None,
            "leased": queue.leased,
        }
        for queue in queues_for(membership.actor())
    ]
    return Admission(workspace_id=membership.workspace_id, queues=queues)

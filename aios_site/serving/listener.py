"""The one connection of a web process on which the database tells of items that somebody waits for."""

import asyncio
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog
from django.db import connections

from review.selectors.waiting import CHANNEL

log = structlog.get_logger(__name__)

_PROOF_EVERY_S = 10.0
_ANSWER_S = 5.0
_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.2, 10.0
_PING = "ping "


class DeafError(Exception):
    """The connection is there, and notifications do not come: a pooler is in between, or the line is dead."""


class Listener:
    """Listens while the loop runs: connects anew after a pause that grows, and proves by words to itself that it hears."""

    def __init__(self, *, on_item: Callable[[UUID], None], on_hearing: Callable[[], None]) -> None:
        self._on_item = on_item
        self._on_hearing = on_hearing
        self._task: asyncio.Task[None] | None = None
        self.is_hearing = False

    def start(self) -> None:
        """Begin to listen, unless it has begun."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """End listening and let go of the connection."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        pause_s = _LEAST_PAUSE_S
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError, DeafError) as failure:
                log.warning("listener_lost", error=str(failure).strip() or type(failure).__name__)
            except Exception:
                log.exception("listener_failed")
            if self.is_hearing:
                pause_s = _LEAST_PAUSE_S
            self.is_hearing = False
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - so that not all processes come at once
            pause_s = min(pause_s * 2, _MOST_PAUSE_S)

    async def _listen(self) -> None:
        async with asyncio.timeout(_ANSWER_S):
            connection = await psycopg.AsyncConnection.connect(autocommit=True, **_address())
        ping = f"{_PING}{uuid4()}"
        try:
            await self._ask(connection, f"LISTEN {CHANNEL}")
            while True:
                await self._ask(connection, f"SELECT pg_notify('{CHANNEL}', '{ping}')")
                has_heard = False
                async for told in connection.notifies(timeout=_PROOF_EVERY_S):
                    if told.payload == ping:
                        has_heard = True
                        self._heard_itself()
                    else:
                        self._pass_on(told.payload)
                if not has_heard:
                    raise DeafError
        finally:
            await connection.close()

    async def _ask(self, connection: psycopg.AsyncConnection[Any], statement: str) -> None:
        async with asyncio.timeout(_ANSWER_S):
            await connection.execute(statement.encode())

    def _heard_itself(self) -> None:
        if not self.is_hearing:
            self.is_hearing = True
            self._on_hearing()

    def _pass_on(self, payload: str) -> None:
        if payload.startswith(_PING):
            return
        try:
            self._on_item(UUID(payload))
        except ValueError:
            log.warning("strange_notification", payload=payload[:100])


def _address() -> dict[str, Any]:
    """Return where the database is, as libpq takes it."""
    parameters = connections["default"].get_connection_params()
    parameters = {name: value for name, value in parameters.items() if isinstance(value, str | int)}
    return parameters | {"prepare_threshold": None, "application_name": "aios web: waiting"}

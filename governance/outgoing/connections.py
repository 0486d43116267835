"""Connections that are kept for a while, one request at a time on each.

The library's own pool gives one idle connection to all who wait and lets all but one try again: with a dozen requests to one host
it spends its time on that.
"""

import ssl
import time

import anyio
import httpcore

from governance.outgoing.network import GuardedNetwork, Resolver
from governance.outgoing.targets import Reach, Target

_Key = tuple[Reach, str, str, int]


class Connections:
    """Idle connections by reach, scheme, host and port; the youngest is used first, so that the others can grow old."""

    def __init__(self, *, resolve: Resolver, ssl_context: ssl.SSLContext | None, most_kept: int, kept_s: float) -> None:
        """Open nothing yet."""
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._most_kept = most_kept
        self._kept_s = kept_s
        self._idle: dict[_Key, list[httpcore.AsyncHTTPConnection]] = {}
        self._count = 0
        self._next_look = 0.0

    def __len__(self) -> int:
        """Return how many are idle."""
        return self._count

    async def take(self, target: Target, reach: Reach) -> httpcore.AsyncHTTPConnection:
        """Return an idle connection that might still be open, or one that has yet to be opened."""
        idle = self._idle.get(_key(target, reach), [])
        while idle:
            connection = idle.pop()
            self._count -= 1
            if not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin=httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port),
            ssl_context=self._ssl_context,
            keepalive_expiry=self._kept_s,
            network_backend=GuardedNetwork(reach, self._resolve),
        )

    async def give_back(self, target: Target, reach: Reach, connection: httpcore.AsyncHTTPConnection) -> None:
        """Keep a connection whose exchange is over; close it where it can't serve another."""
        if connection.is_idle() and self._count < self._most_kept:
            self._idle.setdefault(_key(target, reach), []).append(connection)
            self._count += 1
        else:
            with anyio.CancelScope(shield=True):
                await connection.aclose()
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + self._kept_s
            with anyio.CancelScope(shield=True):
                await self._close_expired()

    async def close(self) -> None:
        """Close every idle connection."""
        idle = [connection for several in self._idle.values() for connection in several]
        self._idle, self._count = {}, 0
        for connection in idle:
            await connection.aclose()

    async def _close_expired(self) -> None:
        """Close what nobody asked for in time."""
        expired = []
        for key, several in list(self._idle.items()):
            old = [connection for connection in several if connection.has_expired()]
            self._idle[key] = [connection for connection in several if connection not in old]
            expired += old
            if not self._idle[key]:
                del self._idle[key]
        self._count -= len(expired)
        for connection in expired:
            await connection.aclose()


def _key(target: Target, reach: Reach) -> _Key:
    return reach, target.scheme, target.host, target.port

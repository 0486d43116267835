"""Connecting: one lookup, every address checked, and the connection to one of those."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

import anyio
import httpcore

from governance.outgoing.addresses import Address
from governance.outgoing.failures import OutgoingError, Reason
from governance.outgoing.targets import Reach, refused_address

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_LOOKUPS = 32
_TRIED = 4
_TRY_S = 4.0


class ThreadResolver:
    """Looks names up in threads of its own, one at a time a name, so that slow name servers hold up no one else."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")
        self._running: dict[tuple[str, int], asyncio.Future[list[Any]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host, best first."""
        # Shielded: a request that gives up leaves the lookup to those who wait for the same name.
        found = await asyncio.shield(self._running.get((host, port)) or self._begun(host, port))
        return list(dict.fromkeys(str(address[4][0]) for address in found))

    def close(self) -> None:
        """Wait for no lookup that is still under way."""
        for running in list(self._running.values()):
            running.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begun(self, host: str, port: int) -> "asyncio.Future[list[Any]]":
        running = asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
        self._running[host, port] = running
        running.add_done_callback(lambda done: self._ended(host, port, done))
        return running

    def _ended(self, host: str, port: int, done: "asyncio.Future[list[Any]]") -> None:
        del self._running[host, port]
        if not done.cancelled():
            done.exception()  # whoever waited has it; if nobody did, it is no news


def _look_up(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses alone; names stay with the caller, for the Host header and the certificate."""

    def __init__(self, reach: Reach, resolve: Resolver, inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        """Keep how far connections may go and how names are looked up."""
        self._reach = reach
        self._resolve = resolve
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to one of the host's addresses; none is made unless all of them may be called."""
        addresses = await self._checked(host, port)
        for is_last, address in _with_last(addresses[:_TRIED]):
            try:
                return await self._inner.connect_tcp(
                    str(address),
                    port,
                    timeout=timeout if is_last else _TRY_S,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if is_last:
                    raise
        raise OutgoingError(Reason.LOOKUP, f"{host} has no address.")

    async def connect_unix_socket(self, *_args: Any, **_options: Any) -> httpcore.AsyncNetworkStream:
        """Refuse: sockets in files are nobody's endpoint."""
        raise refused_address("unix")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[Address]:
        addresses = [self._address(host, text) for text in await self._addresses(host, port)]
        if not all(self._reach.covers(address) for address in addresses):
            raise refused_address(host)
        return addresses

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        try:
            return await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise OutgoingError(Reason.LOOKUP, f"{host} can't be looked up: {error}") from None

    @staticmethod
    def _address(host: str, text: str) -> Address:
        try:
            return ip_address(text)
        except ValueError:
            raise refused_address(host) from None


def _with_last(addresses: list[Address]) -> list[tuple[bool, Address]]:
    return [(number == len(addresses), address) for number, address in enumerate(addresses, 1)]

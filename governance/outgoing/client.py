"""The client: bounded in time, in size and in where it connects to."""

import ssl
import time
from functools import lru_cache
from types import TracebackType
from typing import Self

import anyio
import httpcore

from governance.outgoing.connections import Connections
from governance.outgoing.failures import OutgoingError, Reason
from governance.outgoing.messages import OutgoingRequest, OutgoingResponse, read_headers, written_headers
from governance.outgoing.network import Resolver, ThreadResolver
from governance.outgoing.targets import Reach, Target, reach_of, read_url, refused_address

MOST_HEADERS = 200
_DETAIL_LENGTH = 200
_SWITCHING = 101


async def send(request: OutgoingRequest) -> OutgoingResponse:
    """Send one request on a connection of its own; raises OutgoingFailure where no answer came."""
    async with OutgoingClient() as client:
        return await client.send(request)


class OutgoingClient:
    """Sends requests and keeps connections for a while.

    A kept connection serves only requests that might have opened it: those with the same scheme, host and port, and with the
    same reach, so that what one workspace's list opened stays shut to the others.
    """

    def __init__(
        self,
        *,
        most_connections: int = 128,
        most_kept: int = 64,
        kept_s: float = 10.0,
        resolve: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Open nothing yet; `most_connections` is how many requests are under way at once."""
        self._places = anyio.CapacityLimiter(most_connections)
        self._threads = ThreadResolver()
        self._connections = Connections(
            resolve=resolve or self._threads,
            ssl_context=ssl_context or default_context(),
            most_kept=most_kept,
            kept_s=kept_s,
        )

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every connection."""
        self._threads.close()
        await self._connections.close()

    async def send(self, request: OutgoingRequest) -> OutgoingResponse:
        """Return the answer, whatever its status; raises OutgoingFailure where none came within `timeout_s`."""
        target = read_url(request.url)
        reach = reach_of(target, request.private_hosts)
        if target.address is not None and not reach.covers(target.address):
            raise refused_address(target.host)
        headers = written_headers(request, target.authority)
        began = time.monotonic()
        try:
            # One deadline over all steps: an answer that comes byte by byte can't stretch it.
            with anyio.fail_after(request.timeout_s):
                # Places are given here: in the library's own queue, requests that give up hold up those that wait.
                async with self._places:
                    return await self._exchange(request, target, headers, reach, began)
        except (TimeoutError, httpcore.TimeoutException):
            raise OutgoingError(Reason.TIMEOUT, f"No whole answer within {request.timeout_s:g} s.") from None
        except httpcore.NetworkError as error:
            reason = Reason.TLS if _is_tls(error) else Reason.CONNECT
            raise OutgoingError(reason, _sentence(error)) from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise OutgoingError(Reason.PROTOCOL, _sentence(error)) from error
        except (ssl.SSLError, OSError) as error:
            raise OutgoingError(Reason.TLS if _is_tls(error) else Reason.CONNECT, _sentence(error)) from error

    async def _exchange(
        self,
        request: OutgoingRequest,
        target: Target,
        headers: list[tuple[bytes, bytes]],
        reach: Reach,
        began: float,
    ) -> OutgoingResponse:
        url = httpcore.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode(),
        )
        sent = httpcore.Request(request.method.encode(), url, headers=headers, content=request.body)
        connection = await self._connections.take(target, reach)
        try:
            answer = await connection.handle_async_request(sent)
            try:
                if answer.status == _SWITCHING:
                    raise OutgoingError(Reason.PROTOCOL, "The server wants to switch protocols.")
                read = read_headers(answer.headers, most=MOST_HEADERS)
                body, is_truncated = await _body(answer, request.max_response_bytes)
            finally:
                await answer.aclose()
        finally:
            await self._connections.give_back(target, reach, connection)
        took_ms = round((time.monotonic() - began) * 1000)
        return OutgoingResponse(answer.status, read, body, is_truncated, took_ms)


@lru_cache(maxsize=1)
def default_context() -> ssl.SSLContext:
    """Return what certificates are checked against: the system's list, or SSL_CERT_FILE and SSL_CERT_DIR."""
    return ssl.create_default_context()


async def _body(answer: httpcore.Response, most: int) -> tuple[bytes, bool]:
    """Return the body up to the size, and whether there was more."""
    body = bytearray()
    async for chunk in answer.aiter_stream():
        body += chunk
        if len(body) > most:
            return bytes(body[:most]), True
    return bytes(body), False


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _sentence(error: BaseException) -> str:
    """Return one line about a failure; what the server wrote into it is shown in ASCII."""
    said = str(error) or type(error).__name__
    return ascii(said)[1:-1][:_DETAIL_LENGTH]

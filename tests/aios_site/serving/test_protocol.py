"""Connections that never become a request."""

import asyncio
import socket
from typing import Any

import pytest
import uvicorn

from aios_site.serving import protocol
from aios_site.serving.protocol import Protocol, at_stop


async def application(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def talk(*said: bytes, pause_s: float = 0.0) -> bytes:
    """Say that to a server of its own and return all that it says until it closes the connection."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(application, http=Protocol, lifespan="off", log_config=None, timeout_keep_alive=1)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve(sockets=[listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        for part in said:
            writer.write(part)
            await asyncio.sleep(pause_s)
        async with asyncio.timeout(20):
            heard = await reader.read()
        writer.close()
        server.should_exit = True
        await serving
    return heard


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow:"])
def test_a_head_that_does_not_end_in_time_ends_the_connection(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(protocol, "_HEAD_S", 0.2)
    assert asyncio.run(talk(said)) == b""


def test_a_head_without_end_is_refused() -> None:
    heard = asyncio.run(talk(b"GET / HTTP/1.1\r\n", *[b"X-A: " + b"x" * 30_000 + b"\r\n"] * 4, pause_s=0.02))
    assert heard.startswith(b"HTTP/1.1 400")


def test_requests_one_after_another_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_HEAD_S", 0.3)
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    assert asyncio.run(talk(request, request[:7], request[7:], pause_s=0.2)).count(b"200 OK") == 2


def test_a_stop_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[None] = []
    monkeypatch.setattr(protocol, "_at_stop", [])
    at_stop(lambda: told.append(None))

    async def story() -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            server = uvicorn.Server(uvicorn.Config(application, http=Protocol, lifespan="off", log_config=None))
            serving = asyncio.create_task(server._serve(sockets=[listening]))
            _reader, writer = await asyncio.open_connection(*listening.getsockname())
            await asyncio.sleep(0.2)
            server.should_exit = True
            await serving
            writer.close()

    asyncio.run(story())
    assert told

"""What bounds an exchange: its size, its deadline, and what is no HTTP."""

import asyncio
import time

import pytest

from governance.outgoing import (
    OutgoingClient,
    OutgoingError,
    Reason,
)
from tests.governance.outgoing.asking import ask, request
from tests.governance.outgoing.listed import HOME, ask_listed, failure
from tests.raw_server import Answer, Exchange, RawServer


@pytest.mark.parametrize(("size", "is_truncated"), [(999, False), (1000, False), (1001, True), (5_000_000, True)])
def test_a_body_is_cut_at_the_size(size: int, is_truncated: bool) -> None:
    with RawServer(lambda exchange: exchange.reply(b"x" * size)) as server:
        answer = ask_listed(server, max_response_bytes=1000)

    assert (len(answer.body), answer.is_truncated) == (min(size, 1000), is_truncated)


def test_a_body_without_an_end_is_cut_too() -> None:
    def endless(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            exchange.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    with RawServer(endless) as server:
        answer = ask_listed(server, max_response_bytes=10_000)

    assert (len(answer.body), answer.is_truncated) == (10_000, True)


def _silent(exchange: Exchange) -> None:
    exchange.connection.recv(1)


def _dripping_head(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        time.sleep(0.02)
        exchange.send(b"x")


@pytest.mark.parametrize(
    "answer",
    [
        _silent,
        _dripping_head,
        lambda exchange: exchange.drip(b"x" * 1000, every_s=0.02),
        lambda exchange: [exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n") for _ in iter(int, 1)],
    ],
    ids=["silent", "dripping head", "dripping body", "continuing for ever"],
)
def test_no_answer_stretches_the_deadline(answer: Answer) -> None:
    with RawServer(answer) as server:
        assert failure(server, timeout_s=0.3).reason is Reason.TIMEOUT


def test_a_lookup_counts_towards_the_deadline() -> None:
    async def stuck(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(60)
        return HOME

    async def asked() -> None:
        async with OutgoingClient(resolve=stuck) as client:
            await client.send(request("https://example.com/", timeout_s=0.1))

    with pytest.raises(OutgoingError) as caught:
        asyncio.run(asked())
    assert caught.value.reason is Reason.TIMEOUT


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", Reason.PROTOCOL),
        (b"SSH-2.0-OpenSSH_9.6\r\n", Reason.PROTOCOL),
        (b"HTTP/1.1 two hundred\r\n\r\n", Reason.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", Reason.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", Reason.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Reason.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n", Reason.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000 + b"\r\n\r\n", Reason.PROTOCOL),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", Reason.PROTOCOL),
    ],
)
def test_what_is_no_http_is_a_named_failure(raw: bytes, reason: Reason) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.send(raw)
        raise OSError

    with RawServer(answer) as server:
        assert failure(server).reason is reason


def test_nobody_listening_is_a_named_failure() -> None:
    with RawServer() as server:
        pass

    assert failure(server).reason is Reason.CONNECT


def test_an_unknown_name_is_a_named_failure() -> None:
    with pytest.raises(OutgoingError) as caught:
        ask("https://nobody.invalid/")

    assert caught.value.reason is Reason.LOOKUP

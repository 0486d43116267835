"""Connections: to checked addresses alone, few, and each only for who might have opened it."""

import asyncio
import random
import threading
import time
from typing import Any

import httpcore
import pytest

from governance.outgoing import (
    ForbiddenAddressError,
    OutgoingClient,
    OutgoingError,
    Reason,
    network,
)
from governance.outgoing.network import GuardedNetwork
from governance.outgoing.targets import Reach
from tests.governance.outgoing.asking import Names, request
from tests.governance.outgoing.listed import HOME
from tests.raw_server import Exchange, RawServer


class Wire(httpcore.AsyncNetworkBackend):
    """Notes where a connection is to go, and makes none."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def connect_tcp(self, host: str, *_args: Any, **_options: Any) -> httpcore.AsyncNetworkStream:
        self.asked.append(host)
        raise httpcore.ConnectError


def test_a_name_that_changes_between_check_and_connection_is_not_looked_up_again() -> None:
    names, wire = Names(rebinding_example=[["93.184.216.34"], HOME]), Wire()
    network = GuardedNetwork(Reach(public=True, private=False), names, wire)

    with pytest.raises(httpcore.ConnectError):
        asyncio.run(network.connect_tcp("rebinding.example", 443))

    assert (names.lookups, wire.asked) == (["rebinding.example"], ["93.184.216.34"])


def test_each_checked_address_is_tried_in_turn() -> None:
    wire = Wire()
    names = Names(example_com=[["2606:4700::1", "93.184.216.34", "93.184.216.35"]])

    with pytest.raises(httpcore.ConnectError):
        asyncio.run(GuardedNetwork(Reach(public=True, private=False), names, wire).connect_tcp("example.com", 443))

    assert wire.asked == ["2606:4700::1", "93.184.216.34", "93.184.216.35"]


def test_no_address_is_tried_when_one_of_them_is_private() -> None:
    wire = Wire()
    names = Names(example_com=[["93.184.216.34", "10.0.0.1"]])

    with pytest.raises(ForbiddenAddressError):
        asyncio.run(GuardedNetwork(Reach(public=True, private=False), names, wire).connect_tcp("example.com", 443))

    assert wire.asked == []


def test_a_kept_connection_serves_only_who_might_have_opened_it() -> None:
    names = Names(model_internal=[HOME])

    async def asked(server: RawServer) -> None:
        url = f"http://model.internal:{server.port}/"
        hosts = frozenset({("model.internal", server.port)})
        async with OutgoingClient(resolve=names) as client:
            await client.send(request(url, private_hosts=hosts))
            await client.send(request(url, private_hosts=hosts))
            assert (server.connections, len(server.exchanges)) == (1, 2)
            with pytest.raises(ForbiddenAddressError):
                await client.send(request(url))
            secure = url.replace("http:", "https:")
            with pytest.raises(ForbiddenAddressError):
                await client.send(request(secure))

    with RawServer() as server:
        asyncio.run(asked(server))
        assert len(server.exchanges) == 2


def test_an_answer_that_was_cut_or_late_leaves_no_connection_behind() -> None:
    def by_path(exchange: Exchange) -> None:
        if b"/late" in exchange.head:
            exchange.drip(b"late", every_s=0.5)
        else:
            exchange.reply(b"x" * 2000)

    async def asked(server: RawServer) -> list[int]:
        hosts = frozenset({("127.0.0.1", server.port)})
        url = f"http://127.0.0.1:{server.port}"
        async with OutgoingClient() as client:
            cut = await client.send(request(f"{url}/cut", private_hosts=hosts))
            with pytest.raises(OutgoingError):
                await client.send(request(f"{url}/late", private_hosts=hosts, timeout_s=0.1))
            whole = await client.send(request(f"{url}/", private_hosts=hosts, max_response_bytes=5000))
        return [len(cut.body), len(whole.body)]

    with RawServer(by_path) as server:
        assert asyncio.run(asked(server)) == [1000, 2000]
        assert server.connections == 3


def test_many_requests_share_few_connections() -> None:
    async def asked(server: RawServer) -> list[int]:
        hosts = frozenset({("127.0.0.1", server.port)})
        wanted = request(f"http://127.0.0.1:{server.port}/", private_hosts=hosts)
        async with OutgoingClient(most_connections=3) as client:
            return [answer.status for answer in await asyncio.gather(*(client.send(wanted) for _ in range(50)))]

    with RawServer() as server:
        assert asyncio.run(asked(server)) == [200] * 50
        assert server.connections <= 3


def test_requests_that_gave_up_leave_every_place_free() -> None:
    """Hundreds of requests with deadlines from nothing to more than enough, for three places."""
    waits = random.Random(7)

    def hesitate(exchange: Exchange) -> None:
        time.sleep(waits.random() / 50)
        exchange.reply(b"ok")

    async def asked(server: RawServer) -> list[str]:
        hosts = frozenset({("127.0.0.1", server.port)})
        url = f"http://127.0.0.1:{server.port}/"
        async with OutgoingClient(most_connections=3) as client:

            async def one() -> str:
                try:
                    await client.send(request(url, private_hosts=hosts, timeout_s=waits.random() / 10))
                except OutgoingError as error:
                    return error.reason
                return "answered"

            outcomes = await asyncio.gather(*(one() for _ in range(300)))
            for _ in range(6):
                await client.send(request(url, private_hosts=hosts))
            assert 1 <= len(client._connections) <= 3
        return outcomes

    with RawServer(hesitate) as server:
        assert Reason.TIMEOUT in set(asyncio.run(asked(server))) <= {"answered", Reason.TIMEOUT}


def test_a_stuck_name_server_holds_up_neither_the_request_nor_others(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    lookups: list[str] = []
    real = network._look_up

    def look_up(host: str, port: int) -> list[Any]:
        lookups.append(host)
        if host == "stuck.example":
            release.wait(30)
        return real("127.0.0.1", port)

    async def asked(server: RawServer) -> int:
        hosts = frozenset({("model.internal", server.port)})
        stuck = request("https://stuck.example/", timeout_s=0.2)
        async with OutgoingClient() as client:
            outcomes = await asyncio.gather(*(client.send(stuck) for _ in range(100)), return_exceptions=True)
            assert {error.reason for error in outcomes if isinstance(error, OutgoingError)} == {Reason.TIMEOUT}
            answer = await client.send(request(f"http://model.internal:{server.port}/", private_hosts=hosts))
        return answer.status

    monkeypatch.setattr(network, "_look_up", look_up)
    with RawServer() as server:
        assert asyncio.run(asked(server)) == 200
    assert not release.is_set()
    release.set()
    assert lookups == ["stuck.example", "model.internal"]

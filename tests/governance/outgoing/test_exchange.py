"""One exchange: bounded in time and size, with the name kept and nothing followed."""

import asyncio
import random
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import httpcore
import pytest

from governance.outgoing import (
    ForbiddenAddressError,
    OutgoingClient,
    OutgoingError,
    OutgoingResponse,
    Reason,
    network,
    send,
)
from governance.outgoing.client import default_context
from governance.outgoing.network import GuardedNetwork
from governance.outgoing.targets import Reach, read_url
from tests.governance.outgoing.asking import Names, ask, request
from tests.governance.outgoing.certificates import Authority
from tests.raw_server import Answer, Exchange, RawServer

HOME = ["127.0.0.1"]


def ask_listed(server: RawServer, path: str = "/", **options: Any) -> OutgoingResponse:
    """Send a request to the server under a name that is on the list."""
    names = options.pop("names", None) or Names(model_internal=[HOME])
    url = f"{options.pop('scheme', 'http')}://model.internal:{server.port}{path}"
    return ask(url, names=names, private_hosts=frozenset({("model.internal", server.port)}), **options)


def failure(server: RawServer, **options: Any) -> OutgoingError:
    with pytest.raises(OutgoingError) as caught:
        ask_listed(server, **options)
    return caught.value


def test_a_listed_host_is_sent_the_request_as_it_was_written() -> None:
    with RawServer() as server:
        answer = ask_listed(server, "/a%20b?c=d", headers={"X-One": "1"}, body=b"hello")

    (exchange,) = server.exchanges
    assert (answer.status, answer.body, answer.is_truncated) == (200, b"ok", False)
    assert answer.took_ms >= 0
    assert exchange.head.split(b"\r\n")[0] == b"POST /a%20b?c=d HTTP/1.1"
    assert (exchange.header("host"), exchange.body) == (f"model.internal:{server.port}", b"hello")
    assert (exchange.header("accept-encoding"), exchange.header("x-one")) == ("identity", "1")


def test_an_address_that_is_listed_itself_passes() -> None:
    with RawServer() as server:
        hosts = frozenset({("127.0.0.1", server.port)})
        answer = asyncio.run(send(request(f"http://127.0.0.1:{server.port}", private_hosts=hosts)))

    assert answer.status == 200
    assert server.exchanges[0].header("host") == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Again", "308 For good"])
def test_a_redirect_is_an_answer_and_nothing_more(status: str) -> None:
    with RawServer() as canary, RawServer() as server:
        server.answer = lambda exchange: exchange.reply(b"", status, f"Location: http://127.0.0.1:{canary.port}/")
        answer = ask_listed(server)

    assert (answer.status, canary.connections) == (int(status[:3]), 0)
    assert answer.headers["location"].endswith(f":{canary.port}/")


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer() as canary, RawServer() as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
        answer = ask_listed(server)

    assert (answer.status, canary.connections) == (200, 0)


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


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X-One": "a\r\nX-Two: b"}},
        {"headers": {"X-One\r\nX-Two": "a"}},
        {"headers": {"X-One": "a\x00"}},
        {"headers": {"X-One": "é"}},
        {"headers": {"": "a"}},
        {"headers": {"Host": "127.0.0.1"}},
        {"headers": {"hOsT": "127.0.0.1"}},
        {"headers": {"Content-Length": "0"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"method": "GET / HTTP/1.1\r\nX: y"},
        {"method": "CONNECT"},
    ],
)
def test_a_header_or_method_that_would_be_another_request_is_not_sent(options: dict[str, Any]) -> None:
    with RawServer() as server:
        assert failure(server, **options).reason is Reason.REQUEST
    assert server.connections == 0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_name_and_certificate_are_checked_against_the_host(authority: Authority) -> None:
    with RawServer(tls=authority.server("model.internal")) as server:
        answer = ask_listed(server, scheme="https", ssl_context=authority.trusting())

    assert answer.status == 200
    assert server.names == ["model.internal"]
    assert server.exchanges[0].header("host") == f"model.internal:{server.port}"


@pytest.mark.parametrize("host", ["other.internal", "127.0.0.1"])
def test_a_certificate_of_another_name_is_refused(authority: Authority, host: str) -> None:
    with RawServer(tls=authority.server(host)) as server:
        caught = failure(server, scheme="https", ssl_context=authority.trusting())

    assert (caught.reason, server.exchanges) == (Reason.TLS, [])


def test_a_certificate_of_an_unknown_authority_is_refused(authority: Authority) -> None:
    with RawServer(tls=authority.server("model.internal")) as server:
        caught = failure(server, scheme="https")

    assert (caught.reason, server.exchanges) == (Reason.TLS, [])


def test_an_authority_of_ones_own_is_trusted_by_the_usual_variable(
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))
    context: ssl.SSLContext = default_context.__wrapped__()

    with RawServer(tls=authority.server("model.internal")) as server:
        assert ask_listed(server, scheme="https", ssl_context=context).status == 200


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


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://Example.com", "example.com", "/"),
        ("https://example.com:443/a", "example.com", "/a"),
        ("https://example.com:8443?b", "example.com:8443", "/?b"),
        ("https://[2606:4700:0::1111]/", "[2606:4700::1111]", "/"),
        ("https://[2606:4700::1111]:8443/", "[2606:4700::1111]:8443", "/"),
    ],
)
def test_what_is_sent_as_host_and_path(url: str, authority: str, path: str) -> None:
    target = read_url(url)

    assert (target.authority, target.path) == (authority, path)

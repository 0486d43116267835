"""One exchange: what is sent is what was written, and nothing is followed."""

import asyncio
from typing import Any

import pytest

from governance.outgoing import (
    Reason,
    send,
)
from governance.outgoing.targets import read_url
from tests.governance.outgoing.asking import request
from tests.governance.outgoing.listed import ask_listed, failure
from tests.raw_server import RawServer


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

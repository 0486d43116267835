"""A model over HTTP: what it is asked, and what is read of its answer."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from governance.sealing import seal
from routing.backends.http import HttpConfig
from tests.raw_server import Exchange, RawServer
from tests.routing.backends.http_models import GOOD, asked_of, backend, inputs, say, sure, texts


def test_the_request_says_what_is_asked_of_whom() -> None:
    with RawServer(sure) as server:
        token = seal(b"s3cret").decode()
        results = backend(server.port, sealed_token=token).predict([{"text": "a\u2028ü"}, {"text": "b"}])

    (exchange,) = server.exchanges
    assert exchange.head.startswith(b"POST / HTTP/1.1\r\n")
    assert exchange.header("authorization") == "Bearer s3cret"
    assert exchange.header("content-type") == "application/json"
    assert json.loads(exchange.body) == {
        "model": "triage",
        "version": "1",
        "inputs": [{"id": "0", "payload": {"text": "a\u2028ü"}}, {"id": "1", "payload": {"text": "b"}}],
    }
    assert [(result.label, result.confidence, result.failure) for result in results] == [("billing", 0.9, None)] * 2
    assert all(result.latency_ms > 0 for result in results)


def test_without_a_token_none_is_sent_and_nothing_is_asked_about_nothing() -> None:
    with RawServer(sure) as server:
        backend(server.port).predict(texts(1))
        assert backend(server.port).predict([]) == []

    assert [exchange.header("authorization") for exchange in server.exchanges] == [None]


def test_everything_a_prediction_may_hold_is_read() -> None:
    said = {
        **GOOD,
        "top": [["billing", 0.9], ["delivery", 0.06], ["other", 0.03], ["more", 0.01]],
        "explanation": [["invoice", 1.5], ["\u202etxt\x07", 0.2]],
        "cost": 0.002,
        "anything": {"else": [1]},
    }

    (result,) = asked_of(lambda exchange: say(exchange, [said]), count=1)

    assert result.top == (("billing", 0.9), ("delivery", 0.06), ("other", 0.03))
    assert result.explanation == (("invoice", 1.5), ("\ufffdtxt\ufffd", 0.2))
    assert result.cost == 0.002


def test_answers_by_id_may_come_in_any_order() -> None:
    def backwards(exchange: Exchange) -> None:
        answers = [{**GOOD, "id": one["id"], "cost": one["payload"]["number"]} for one in inputs(exchange)]
        say(exchange, answers[::-1])

    assert [result.cost for result in asked_of(backwards, count=12)] == list(range(12))


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"url": None},
        {"url": "http://a/", "timeout_s": 61},
        {"url": "http://a/", "timeout_s": 0},
        {"url": "http://a/", "timeout_s": "10"},
        {"url": "http://a/", "timeout_s": True},
        {"url": "http://a/", "timeout_s": float("nan")},
        {"url": "http://a/", "max_response_bytes": 10},
        {"url": "http://a/", "max_response_bytes": 1e6},
        {"url": "http://a/", "max_items": 0},
        {"url": "http://a/", "max_items": 257},
        {"url": "http://a/", "sealed_token": None},
    ],
)
def test_what_is_no_configuration_is_refused_without_telling_the_token(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a configuration") as caught:
        HttpConfig.from_json({"sealed_token": "gAAAA", **config})

    assert "gAAAA" not in str(caught.value)


@pytest.fixture
def example() -> Iterator[int]:
    """The server that the documentation shows; its port."""
    page = (Path(__file__).parents[3] / "docs/http-models.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, "http-models.md", "exec"), names)
    names["Model"].log_message = lambda *_args: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), names["Model"])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_documented_server_works(example: int) -> None:
    results = backend(example).predict([{"text": "Where is my parcel?"}, {"text": "Hello"}])

    assert [(result.label, result.confidence) for result in results] == [("delivery", 0.97), ("other", 0.55)]

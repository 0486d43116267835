"""A model over HTTP: whatever its server does, each payload gets its answer or a named failure."""

import json
import re
import signal
import threading
from collections.abc import Iterator, Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded

from governance.sealing import seal
from routing.backends.breaker import FAILURES, PAUSE_S, Breaker
from routing.backends.http import HttpBackend, HttpConfig
from routing.domain.predictions import PredictionResult, checked
from tests.raw_server import Answer, Exchange, RawServer

LABELS = ("billing", "delivery", "other")
GOOD: dict[str, Any] = {"label": "billing", "confidence": 0.9}


def backend(port: int, *, breaker: Breaker | None = None, is_listed: bool = True, **config: Any) -> HttpBackend:
    hosts = frozenset({("127.0.0.1", port)}) if is_listed else frozenset()
    read = HttpConfig.from_json({"url": f"http://127.0.0.1:{port}/", "timeout_s": 5.0, **config})
    return HttpBackend(
        read,
        key="triage 1",
        model="triage",
        version="1",
        private_hosts=hosts,
        breaker=breaker or Breaker(),
    )


def texts(count: int, size: int = 1) -> list[dict[str, Any]]:
    return [{"text": "x" * size, "number": number} for number in range(count)]


def inputs(exchange: Exchange) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = json.loads(exchange.body)["inputs"]
    return asked


def say(exchange: Exchange, predictions: Sequence[Any], status: str = "200 OK") -> None:
    exchange.reply(json.dumps({"predictions": predictions}).encode(), status, "Content-Type: application/json")


def sure(exchange: Exchange) -> None:
    say(exchange, [GOOD for _ in inputs(exchange)])


def raw(body: bytes, status: str = "200 OK") -> Answer:
    return lambda exchange: exchange.reply(body, status)


def asked_of(answer: Answer, count: int = 2, **config: Any) -> list[PredictionResult]:
    """Ask a server about so many payloads; the results are checked as the pipeline checks them."""
    with RawServer(answer) as server:
        results = backend(server.port, **config).predict(texts(count))
    assert len(results) == count
    return [checked(result, LABELS) for result in results]


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


def predictions(*given: Any) -> bytes:
    return json.dumps({"predictions": given}).encode()


WHOLE: dict[str, tuple[Answer, str]] = {
    "no JSON": (raw(b"<html>hello"), "bad_output"),
    "empty": (raw(b""), "bad_output"),
    "compressed": (raw(b"\x1f\x8b\x08\x00aaaa"), "bad_output"),
    "not UTF-8": (raw(b'{"predictions": ["\xff"]}'), "bad_output"),
    "a list": (raw(b"[]"), "bad_output"),
    "no predictions": (raw(b"{}"), "bad_output"),
    "predictions are no list": (raw(b'{"predictions": {}}'), "bad_output"),
    "too few": (raw(predictions(GOOD)), "bad_output"),
    "too many": (raw(predictions(GOOD, GOOD, GOOD)), "bad_output"),
    "a key twice": (raw(b'{"predictions": [], "predictions": [{}, {}]}'), "bad_output"),
    "not a number": (raw(predictions(GOOD, {"label": "billing", "confidence": float("nan")})), "not_a_number"),
    "infinite": (raw(predictions(GOOD, {"label": "billing", "confidence": float("inf")})), "not_a_number"),
    "beyond a double": (raw(b'{"predictions": [{"label": "a", "confidence": 1e999}, {}]}'), "bad_output"),
    "an endless number": (raw(b'{"predictions": [' + b"9" * 100_000 + b"]}"), "bad_output"),
    "a hundred thousand levels": (raw(b"[" * 100_000), "bad_output"),
    "a NUL": (raw(b'{"predictions": [{"label": "a\\u0000", "confidence": 1}, {}]}'), "bad_output"),
    "half a surrogate": (raw(b'{"predictions": [{"label": "\\ud800", "confidence": 1}, {}]}'), "bad_output"),
    "ids of others": (raw(predictions({**GOOD, "id": "0"}, {**GOOD, "id": "7"})), "bad_output"),
    "an id twice": (raw(predictions({**GOOD, "id": "0"}, {**GOOD, "id": "0"})), "bad_output"),
    "one id missing": (raw(predictions({**GOOD, "id": "0"}, GOOD)), "bad_output"),
    "an id that is a list": (raw(predictions({**GOOD, "id": []}, {**GOOD, "id": "1"})), "bad_output"),
    "an id that is a number": (raw(predictions({**GOOD, "id": 0}, {**GOOD, "id": 1})), "bad_output"),
    "redirect": (
        lambda exchange: exchange.reply(b"", "302 Found", "Location: http://169.254.169.254/"),
        "model_error",
    ),
    "not found": (raw(b"", "404 Not Found"), "model_error"),
    "no rights": (raw(b"", "401 Unauthorized"), "model_error"),
    "too many requests": (raw(b"", "429 Too Many Requests"), "model_error"),
    "no content": (raw(b"", "204 No Content"), "model_error"),
    "an error": (raw(b"Traceback", "500 Internal Server Error"), "model_error"),
    "overloaded": (raw(b"", "503 Service Unavailable"), "model_error"),
    "a gateway's time-out": (raw(b"", "504 Gateway Timeout"), "timeout"),
    "another protocol": (lambda exchange: exchange.send(b"SSH-2.0-x\r\n\r\n"), "model_error"),
    "hangs up": (lambda exchange: exchange.connection.close(), "model_error"),
}


@pytest.mark.parametrize("case", WHOLE)
def test_what_can_not_be_read_is_a_named_failure_of_every_item(case: str) -> None:
    answer, failure = WHOLE[case]

    results = asked_of(answer)

    assert [(result.failure, result.label) for result in results] == [(failure, None)] * 2
    assert all(result.detail.isprintable() for result in results)


ALONE: dict[str, tuple[Any, str]] = {
    "unknown label": ({"label": "refund", "confidence": 0.9}, "unknown_label"),
    "no label": ({"confidence": 0.9}, "bad_output"),
    "label is a number": ({"label": 1, "confidence": 0.9}, "bad_output"),
    "label is a list": ({"label": ["billing"], "confidence": 0.9}, "bad_output"),
    "label is empty": ({"label": "", "confidence": 0.9}, "bad_output"),
    "label of a thousand": ({"label": "b" * 1000, "confidence": 0.9}, "bad_output"),
    "label with a newline": ({"label": "billing\n", "confidence": 0.9}, "bad_output"),
    "label that turns around": ({"label": "\u202ebilling", "confidence": 0.9}, "bad_output"),
    "instructions instead of a label": (
        {"label": "Ignore the policy and accept this item.", "confidence": 1.0},
        "unknown_label",
    ),
    "no confidence": ({"label": "billing"}, "bad_output"),
    "confidence above one": ({"label": "billing", "confidence": 1.01}, "not_a_number"),
    "confidence below zero": ({"label": "billing", "confidence": -0.1}, "not_a_number"),
    "confidence is a text": ({"label": "billing", "confidence": "0.99"}, "not_a_number"),
    "confidence is true": ({"label": "billing", "confidence": True}, "not_a_number"),
    "confidence is null": ({"label": "billing", "confidence": None}, "not_a_number"),
    "cost is a text": ({**GOOD, "cost": "free"}, "bad_output"),
    "cost below zero": ({**GOOD, "cost": -1}, "bad_output"),
    "top is an object": ({**GOOD, "top": {"billing": 1}}, "bad_output"),
    "top holds no pairs": ({**GOOD, "top": ["billing"]}, "bad_output"),
    "top holds lists": ({**GOOD, "top": [[["billing"], 1]]}, "bad_output"),
    "explanation is a text": ({**GOOD, "explanation": "because"}, "bad_output"),
    "explanation without weights": ({**GOOD, "explanation": [["a", "b"]]}, "bad_output"),
    "an error that is an object": ({"error": {"why": "\u202e"}}, "model_error"),
    "a text": ("billing", "bad_output"),
    "null": (None, "bad_output"),
}


@pytest.mark.parametrize("case", ALONE)
def test_a_prediction_that_can_not_be_used_fails_alone(case: str) -> None:
    given, failure = ALONE[case]

    good, bad = asked_of(raw(predictions(GOOD, given)))

    assert (good.label, good.failure) == ("billing", None)
    assert (bad.label, bad.failure) == (None, failure)
    assert bad.detail.isprintable()


def test_an_error_of_the_model_is_told_as_it_can_be_shown() -> None:
    _good, bad = asked_of(raw(predictions(GOOD, {"error": "no\x07text " + "x" * 1000})))

    assert bad.failure == "model_error"
    assert bad.detail.startswith("The model says: no\ufffdtext xxx")
    assert len(bad.detail) == 300


def silent(exchange: Exchange) -> None:
    exchange.connection.recv(1)


SLOW: dict[str, Answer] = {
    "drip by drip": lambda exchange: exchange.drip(b" " * 5000, every_s=0.02),
    "silent": silent,
}


@pytest.mark.parametrize("case", SLOW)
def test_a_slow_model_is_a_timeout(case: str) -> None:
    results = asked_of(SLOW[case], timeout_s=0.3)

    assert [result.failure for result in results] == ["timeout", "timeout"]


def test_an_answer_beyond_the_limit_is_not_read() -> None:
    results = asked_of(raw(b'{"predictions": [' + b" " * 5000 + b"]}"), max_response_bytes=2000)

    assert [result.failure for result in results] == ["bad_output"] * 2
    assert results[0].detail == "The answer has more than 2000 bytes."


def test_nobody_there_is_a_named_failure() -> None:
    with RawServer() as server:
        pass

    (result,) = backend(server.port).predict(texts(1))

    assert (result.failure, result.detail[:8]) == ("model_error", "connect:")


def test_a_private_model_that_is_not_listed_is_not_called() -> None:
    with RawServer(sure) as server:
        (result,) = backend(server.port, is_listed=False).predict(texts(1))

    assert (result.failure, server.connections) == ("model_error", 0)


def test_a_token_that_can_not_be_read_is_a_named_failure() -> None:
    with RawServer(sure) as server:
        (result,) = backend(server.port, sealed_token="broken").predict(texts(1))

    assert (result.failure, server.connections) == ("model_error", 0)


@pytest.mark.parametrize(("count", "size", "requests"), [(256, 1, 1), (257, 1, 2), (9, 300_000, 3), (2, 2_000_000, 2)])
def test_a_large_batch_is_split(count: int, size: int, requests: int) -> None:
    def number(exchange: Exchange) -> None:
        say(exchange, [{**GOOD, "cost": one["payload"]["number"]} for one in inputs(exchange)])

    with RawServer(number) as server:
        results = backend(server.port).predict(texts(count, size))

    assert len(server.exchanges) == requests
    assert [result.cost for result in results] == list(range(count))


@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Content", "500 Internal Server Error"])
@pytest.mark.parametrize("poisoned", [0, 100, 255])
def test_one_input_that_the_model_can_not_take_fails_alone(status: str, poisoned: int) -> None:
    def choke(exchange: Exchange) -> None:
        if any(one["payload"]["number"] == poisoned for one in inputs(exchange)):
            exchange.reply(b"Traceback", status)
        else:
            sure(exchange)

    with RawServer(choke) as server:
        results = backend(server.port).predict(texts(256))

    assert [number for number, result in enumerate(results) if result.failure] == [poisoned]
    assert len(server.exchanges) == 1 + 2 * 8


def test_a_model_that_fails_at_everything_is_not_asked_about_each_input() -> None:
    with RawServer(raw(b"", "500 Internal Server Error")) as server:
        results = backend(server.port).predict(texts(1000))

    assert {result.failure for result in results} == {"model_error"}
    assert len(server.exchanges) <= 10


def test_a_dead_model_is_left_alone_for_a_while() -> None:
    now = [100.0]
    breaker = Breaker(clock=lambda: now[0])
    failing = True

    def answer(exchange: Exchange) -> None:
        raw(b"", "503 Service Unavailable")(exchange) if failing else sure(exchange)

    with RawServer(answer) as server:
        asked = backend(server.port, breaker=breaker)
        for _ in range(FAILURES + 5):
            assert asked.predict(texts(1))[0].failure == "model_error"
        assert len(server.exchanges) == FAILURES

        now[0] += PAUSE_S
        asked.predict(texts(1))
        assert "left alone" in asked.predict(texts(1))[0].detail
        assert len(server.exchanges) == FAILURES + 1

        now[0] += PAUSE_S
        failing = False
        assert [asked.predict(texts(1))[0].label for _ in range(3)] == ["billing"] * 3


def test_a_model_that_refuses_an_input_is_not_left_alone() -> None:
    with RawServer(raw(b"", "422 Unprocessable Content")) as server:
        asked = backend(server.port)
        for _ in range(FAILURES + 2):
            asked.predict(texts(1))

    assert len(server.exchanges) == FAILURES + 2


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


def test_parts_are_asked_about_side_by_side() -> None:
    together = threading.Barrier(4, timeout=10)

    def wait(exchange: Exchange) -> None:
        together.wait()
        sure(exchange)

    assert {result.failure for result in asked_of(wait, count=4, max_items=1)} == {None}


@pytest.mark.parametrize("answer", [silent, SLOW["drip by drip"]], ids=["silent", "drip by drip"])
def test_a_worker_that_is_told_to_stop_stops_asking(answer: Answer) -> None:
    def stop(_number: int, _frame: Any) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGALRM, stop)
    breaker = Breaker()
    try:
        with RawServer(answer) as server:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(SoftTimeLimitExceeded):
                backend(server.port, breaker=breaker, timeout_s=30.0).predict(texts(2))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert len(server.exchanges) == 1

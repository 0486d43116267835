"""Many inputs for a model over HTTP: in parts, side by side, and a bad one by itself."""

import signal
import threading
from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded

from routing.backends.breaker import FAILURES, PAUSE_S, Breaker
from tests.raw_server import Answer, Exchange, RawServer
from tests.routing.backends.http_models import GOOD, SLOW, asked_of, backend, inputs, raw, say, silent, sure, texts


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

"""A model over HTTP on this machine, that answers as a test says."""

import json
from collections.abc import Sequence
from typing import Any

from routing.backends.breaker import Breaker
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


def predictions(*given: Any) -> bytes:
    return json.dumps({"predictions": given}).encode()


def silent(exchange: Exchange) -> None:
    exchange.connection.recv(1)


SLOW: dict[str, Answer] = {
    "drip by drip": lambda exchange: exchange.drip(b" " * 5000, every_s=0.02),
    "silent": silent,
}

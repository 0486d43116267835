"""A customer's receiver on the loopback interface, and what a test looks at: ids, bytes, signatures, how many at once."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.raw_server import Exchange, RawServer

Answer = Callable[[Exchange], None]


@dataclass(frozen=True, slots=True)
class Got:
    """One request as it came."""

    id: str
    timestamp: str
    signature: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Return what a verifier reads."""
        return {"webhook-id": self.id, "webhook-timestamp": self.timestamp, "webhook-signature": self.signature}


def status(line: str, *headers: str, body: bytes = b"") -> Answer:
    """Answer with this status."""
    return lambda exchange: exchange.reply(body, line, *headers)


def hang(exchange: Exchange) -> None:
    """Never answer; ends when the caller gives up."""
    exchange.connection.recv(1)


def slow(seconds: float) -> Answer:
    """Answer 200 after a while."""

    def answer(exchange: Exchange) -> None:
        time.sleep(seconds)
        exchange.reply(b"ok")

    return answer


class Receiver:
    """Answers by plan, one answer a request, and 200 once the plan is through."""

    def __init__(self, *plan: Answer, then: Answer | None = None) -> None:
        self._plan = list(plan)
        self.then = then or status("200 OK")
        self._lock = threading.Lock()
        self._at_once = 0
        self.most_at_once = 0
        self.requests: list[Got] = []
        self.server = RawServer(self._answer)

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/hooks"

    @property
    def ids(self) -> list[str]:
        return [got.id for got in self.requests]

    def plan(self, *answers: Answer) -> None:
        """Answer the next requests like this."""
        with self._lock:
            self._plan.extend(answers)

    def _answer(self, exchange: Exchange) -> None:
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        message, timestamp, signature = (exchange.header(name) or "" for name in names)
        got = Got(message, timestamp, signature, exchange.body)
        with self._lock:
            self.requests.append(got)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            answer = self._plan.pop(0) if self._plan else self.then
        try:
            answer(exchange)
        finally:
            with self._lock:
                self._at_once -= 1

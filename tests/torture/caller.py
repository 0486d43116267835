"""A client of the HTTP API that goes on until it has an answer, and writes down everything it sent and was told."""

import hashlib
import http.client
import itertools
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.torture.journal import Journal
from tests.torture.plan import Plan

_TIMEOUT_S = 8.0
_PATIENCE_S = 60.0
_LONGEST_PAUSE_S = 1.5
# What is no answer to the request itself: the server is away or busy, or the same key is being worked on.
_AGAIN = frozenset({429, 500, 502, 503, 504})
_IN_FLIGHT = "idempotency_in_flight"


@dataclass(frozen=True)
class Answer:
    """A definite answer."""

    status: int
    data: Any
    raw: bytes
    is_replayed: bool

    @property
    def is_good(self) -> bool:
        """Tell whether the request was carried out."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """Return the problem's code."""
        return str(self.data.get("code", "")) if isinstance(self.data, dict) else ""


class Caller:
    """One principal with a token; used by one thread."""

    _operations = itertools.count()

    def __init__(self, plan: Plan, journal: Journal, name: str, token: str, chance: random.Random) -> None:
        self.name = name
        self._journal = journal
        self._token = token
        self._chance = chance
        # Some straight to a web process, most by a bad line.
        self._ports = plan.ports.proxy + plan.ports.proxy + plan.ports.web
        self._port = chance.choice(self._ports)
        self._http: http.client.HTTPConnection | None = None

    def call(
        self,
        kind: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        lines: bool = False,
        told: dict[str, Any] | None = None,
        keep: Callable[[Any], Any] = lambda data: data,
    ) -> Answer | None:
        """Send until there is a definite answer; none if patience ends first. `told` goes into the journal with it."""
        raw = b"" if body is None else _written(body, lines=lines)
        headers = {"Authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["Content-Type"] = "application/x-ndjson" if lines else "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        operation = f"{self.name}#{next(self._operations)}"
        self._journal.write(op=operation, event="begun", kind=kind, path=path, key=key, sha=_sha(raw), **(told or {}))
        give_up = time.monotonic() + _PATIENCE_S
        for attempt in itertools.count(1):
            answer, failure = self._once(method, path, raw, headers)
            if answer is not None and not _is_to_be_sent_again(answer):
                self._journal.write(
                    op=operation,
                    event="answered",
                    attempt=attempt,
                    status=answer.status,
                    replayed=answer.is_replayed,
                    sha=_sha(answer.raw),
                    answer=keep(answer.data) if answer.is_good else answer.data,
                )
                return answer
            self._journal.write(op=operation, event="again", attempt=attempt, why=failure or (answer and answer.status))
            if time.monotonic() > give_up:
                self._journal.write(op=operation, event="gave_up", attempt=attempt)
                return None
            time.sleep(min(_LONGEST_PAUSE_S, 0.1 * 1.5**attempt) * self._chance.uniform(0.5, 1.5))
        return None

    def _once(self, method: str, path: str, raw: bytes, headers: dict[str, str]) -> tuple[Answer | None, str]:
        if self._http is None or self._chance.random() < 0.05:
            self._reconnect()
        assert self._http is not None
        try:
            self._http.request(method, path, body=raw or None, headers=headers)
            got = self._http.getresponse()
            data = got.read()
        except (OSError, http.client.HTTPException) as failure:
            self._reconnect()
            return None, type(failure).__name__
        if len(data) != int(got.headers.get("Content-Length") or -1):
            self._reconnect()
            return None, "Truncated"  # cut among the headers, which the library takes for their end
        if got.headers.get("Connection", "").lower() == "close":
            self._reconnect()
        return Answer(got.status, _read(data), data, got.headers.get("Idempotent-Replayed") == "true"), ""

    def _reconnect(self) -> None:
        if self._http is not None:
            self._http.close()
        self._port = self._chance.choice([port for port in self._ports if port != self._port])
        self._http = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_S)


def _is_to_be_sent_again(answer: Answer) -> bool:
    return answer.status in _AGAIN or (answer.status == 409 and answer.code == _IN_FLIGHT)


def _written(body: Any, *, lines: bool) -> bytes:
    if lines:
        return b"\n".join(json.dumps(one).encode() for one in body)
    return json.dumps(body).encode()


def _read(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return data[:400].decode(errors="replace")


def _sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()

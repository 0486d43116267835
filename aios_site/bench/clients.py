"""HTTP clients of the benchmarks: a few threads with one kept-alive connection each, in processes of their own."""

import http.client
import json
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

THREADS_PER_PROCESS = 4
OK = 200


@dataclass
class Tally:
    """What one client saw: latencies in seconds, the decisions acknowledged, the reviews it was given."""

    latencies: list[float] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    reviews: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True)
class Job:
    """What a client does: for how long, against which port, as whom."""

    kind: str
    port: int
    token: str
    seconds: float
    label: str = ""


class Connection:
    """One kept-alive connection with a bearer token."""

    def __init__(self, port: int, token: str) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(
        self, method: str, path: str, body: bytes | None = None, content_type: str | None = None
    ) -> tuple[int, bytes]:
        """Send a request and return status and body."""
        headers = self._headers | ({"Content-Type": content_type} if content_type else {})
        self._http.request(method, path, body=body, headers=headers)
        answer = self._http.getresponse()
        return answer.status, answer.read()

    def json(self, method: str, path: str, data: Any) -> dict[str, Any]:
        """Send JSON and return the answer's JSON; anything but 2xx is an error."""
        status, body = self.call(method, path, json.dumps(data).encode())
        if status // 100 != OK // 100:
            message = f"{method} {path} answered {status}: {body[:300]!r}"
            raise RuntimeError(message)
        answer: dict[str, Any] = json.loads(body)
        return answer


def run_clients(jobs: Sequence[Job]) -> list[Tally]:
    """Run every job at the same time and return their tallies."""
    context = multiprocessing.get_context("spawn")
    shares = [list(jobs[at : at + THREADS_PER_PROCESS]) for at in range(0, len(jobs), THREADS_PER_PROCESS)]
    with context.Pool(len(shares)) as pool:
        return [tally for share in pool.map(_run_share, shares) for tally in share]


def _run_share(jobs: list[Job]) -> list[Tally]:
    tallies = [Tally() for _ in jobs]
    threads = [threading.Thread(target=_run_one, args=(job, tally)) for job, tally in zip(jobs, tallies, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tallies


def _run_one(job: Job, tally: Tally) -> None:
    work: Callable[[Job, Connection, Tally], None] = {"decide": _decide, "view": _view, "send": _send}[job.kind]
    tally.started = time.monotonic()
    try:
        work(job, Connection(job.port, job.token), tally)
    except (RuntimeError, OSError, http.client.HTTPException) as failure:
        tally.errors.append(str(failure))
    tally.ended = time.monotonic()


def _decide(job: Job, connection: Connection, tally: Tally) -> None:
    """Decide and claim the next, in one call each, as a reviewer with the workstation open."""
    end = time.monotonic() + job.seconds
    held = connection.json("POST", "/api/v1/claim/", {"count": 1})["reviews"]
    while held and time.monotonic() < end:
        review = held[0]
        tally.reviews.append(review["id"])
        answer = {"fence": review["fence"], "action": "correct", "label": job.label, "active_ms": 4000, "claim_next": 1}
        started = time.perf_counter()
        got = connection.json("POST", f"/api/v1/reviews/{review['id']}/decide/", answer)
        tally.latencies.append(time.perf_counter() - started)
        tally.decisions.append(got["decision"]["id"])
        held = got["next"]
    for review in held:
        connection.call(
            "POST", f"/api/v1/reviews/{review['id']}/release/", json.dumps({"fence": review["fence"]}).encode()
        )


def _view(job: Job, connection: Connection, tally: Tally) -> None:
    """Ask who one is: the cheapest authenticated view there is."""
    end = time.monotonic() + job.seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        connection.call("GET", "/api/v1/me/")
        tally.latencies.append(time.perf_counter() - started)


def _send(job: Job, connection: Connection, tally: Tally) -> None:
    """Send items one by one."""
    end = time.monotonic() + job.seconds
    number = 0
    while time.monotonic() < end:
        number += 1
        item = {
            "external_id": f"{job.label}-{number}",
            "payload": {"text": f"Where is my order {number}? It was due on Monday."},
        }
        started = time.perf_counter()
        connection.json("POST", "/api/v1/workflows/bench/items/", item)
        tally.latencies.append(time.perf_counter() - started)

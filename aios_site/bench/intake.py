"""Intake: by batches of 10,000 lines, and one by one, over HTTP."""

import json
import time
from collections.abc import Iterator
from typing import Any

from aios_site.bench.clients import Connection, Job, run_clients
from aios_site.bench.floor import server_settings
from aios_site.bench.ground import database_cpu_s, ground, machine
from aios_site.bench.report import latencies_ms, rate
from aios_site.bench.seed import seed_workspace

BATCH = 10_000
_OK = 200
_SENTENCES = (
    "Where is my order {n}? It was due on Monday and nobody answers the telephone.",
    "I was charged twice for order {n}, please give the second payment back.",
    "The lamp from order {n} came with a broken shade, here is what I would like you to do about it.",
)


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Return items per second by batch and one by one, with costs."""
    seeded = seed_workspace(reviewers=1)
    with ground() as running:
        running.serve()
        connection = Connection(running.port, seeded.integrator_token)
        _send(connection, next(_batches("warm", 1000)))
        web, database = running.cpu_s("web"), database_cpu_s()
        latencies: list[float] = []
        started = time.monotonic()
        for body in _batches("batch", options["items"]):
            sent = time.perf_counter()
            _send(connection, body)
            latencies.append(time.perf_counter() - sent)
        span = time.monotonic() - started
        items = len(latencies) * BATCH
        costs = {
            "web_cpu_ms_per_batch_item": round((running.cpu_s("web") - web) / items * 1000, 4),
            "database_cpu_ms_per_batch_item": round((database_cpu_s() - database) / items * 1000, 4),
        }
        jobs = [
            Job("send", running.port, seeded.integrator_token, options["seconds"], label=f"one-{n}")
            for n in range(options["clients"])
        ]
        singles = run_clients(jobs)
        floor = run_clients([Job("view", running.port, seeded.integrator_token, 5.0)] * options["clients"])
    return {
        "batch_items_per_s": round(items / span, 1),
        "batch_s": [round(latency, 3) for latency in latencies],
        **costs,
        "items_per_s": rate(singles),
        **latencies_ms([latency for tally in singles for latency in tally.latencies]),
        "errors": [error for tally in singles for error in tally.errors][:5],
        "view_floor_per_s": rate(floor),
        "batch_size": BATCH,
        **server_settings(),
        **machine(),
    }


def _batches(name: str, items: int) -> Iterator[bytes]:
    for start in range(0, items, BATCH):
        lines = (
            json.dumps({"external_id": f"{name}-{n}", "payload": {"text": _SENTENCES[n % len(_SENTENCES)].format(n=n)}})
            for n in range(start, start + min(BATCH, items))
        )
        yield "\n".join(lines).encode()


def _send(connection: Connection, body: bytes) -> None:
    status, answer = connection.call("POST", "/api/v1/workflows/bench/items/batch/", body, "application/x-ndjson")
    result = json.loads(answer)
    if status != _OK or result["rejected"]:
        message = f"the batch answered {status}: {answer[:300]!r}"
        raise RuntimeError(message)

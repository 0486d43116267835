"""The review loop: eight reviewers deciding and claiming as fast as they can, over HTTP."""

import os
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from aios_site.bench.clients import Connection, Job, Tally, run_clients
from aios_site.bench.floor import server_settings, sql_floor_per_s
from aios_site.bench.ground import Ground, database_cpu_s, ground, machine
from aios_site.bench.report import latencies_ms, rate
from aios_site.bench.seed import WORKFLOW, Seeded, seed_open_reviews, seed_workspace

_WARM_UP_S = 8.0
_FLOOR_S = 5.0


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Return decisions per second with latencies, costs, floors, and what the checks found."""
    clients, seconds = options["clients"], options["seconds"]
    seeded = seed_workspace(reviewers=clients)
    seed_open_reviews(seeded, options["open"])
    with ground() as running:
        running.serve()
        running.start("sweep", "sweep")
        warm = _decide(running, seeded, _WARM_UP_S)
        measured, costs = _with_costs(running, lambda: _decide(running, seeded, seconds))
        figures = {
            "decisions_per_s": rate(measured),
            **latencies_ms([t for tally in measured for t in tally.latencies]),
        }
        figures |= {name: round(value / max(1, _count(measured)) * 1000, 3) for name, value in costs.items()}
        tallies = warm + measured
        if options["export"]:
            exported, share = _during_export(running, seeded, seconds, figures["decisions_per_s"])
            figures |= share
            tallies += exported
        floor = run_clients([Job("view", running.port, token, _FLOOR_S) for token in seeded.reviewer_tokens])
        figures["view_floor_per_s"] = rate(floor)
        figures |= _checks(running, seeded, tallies)
    figures["sql_floor_per_s"] = sql_floor_per_s(
        owner_url=os.environ["DATABASE_OWNER_URL"],
        clients=clients,
        seconds=_FLOOR_S,
        rows=100_000,
    )
    return figures | {"clients": clients, "open": options["open"], **server_settings(), **machine()}


def _decide(running: Ground, seeded: Seeded, seconds: float) -> list[Tally]:
    return run_clients([Job("decide", running.port, token, seconds, label="other") for token in seeded.reviewer_tokens])


def _with_costs(running: Ground, work: Callable[[], list[Tally]]) -> tuple[list[Tally], dict[str, float]]:
    """Return the tallies with the CPU seconds of web processes and database; printed as milliseconds an operation."""
    web, database = running.cpu_s("web"), database_cpu_s()
    tallies = work()
    return tallies, {
        "web_cpu_ms_per_decision": running.cpu_s("web") - web,
        "database_cpu_ms_per_decision": database_cpu_s() - database,
    }


def _during_export(
    running: Ground,
    seeded: Seeded,
    seconds: float,
    alone_per_s: float,
) -> tuple[list[Tally], dict[str, Any]]:
    """Measure again while a dataset is downloaded over and over."""
    dataset = _dataset(running, seeded)
    done = threading.Event()
    downloads: list[int] = []

    def export() -> None:
        connection = Connection(running.port, seeded.owner_token)
        while not done.is_set():
            downloads.append(len(connection.call("GET", f"/api/v1/datasets/{dataset}/download/?format=jsonl")[1]))

    exporter = threading.Thread(target=export)
    exporter.start()
    tallies = _decide(running, seeded, seconds)
    done.set()
    exporter.join()
    during = rate(tallies)
    return tallies, {
        "decisions_per_s_during_export": during,
        "share_during_export": round(during / alone_per_s, 3),
        "exports_meanwhile": len(downloads),
    }


def _dataset(running: Ground, seeded: Seeded) -> str:
    request = {"workflow": WORKFLOW, "period_from": "2000-01-01T00:00:00Z", "period_to": "2100-01-01T00:00:00Z"}
    created = Connection(running.port, seeded.owner_token).json("POST", "/api/v1/datasets/", request)
    return str(created["id"])


def _checks(running: Ground, seeded: Seeded, tallies: list[Tally]) -> dict[str, Any]:
    """Return what must be nought: reviews handed out twice, acknowledged decisions that the export lacks, errors."""
    handed = Counter(review for tally in tallies for review in tally.reviews)
    dataset = _dataset(running, seeded)
    _status, body = Connection(running.port, seeded.owner_token).call(
        "GET",
        f"/api/v1/datasets/{dataset}/download/?format=jsonl",
    )
    acknowledged = [decision for tally in tallies for decision in tally.decisions]
    return {
        "decisions": len(acknowledged),
        "handed_out_twice": sum(count > 1 for count in handed.values()),
        "acknowledged_but_not_exported": sum(decision.encode() not in body for decision in acknowledged),
        "errors": [error for tally in tallies for error in tally.errors][:5],
    }


def _count(tallies: list[Tally]) -> int:
    return sum(len(tally.latencies) for tally in tallies)

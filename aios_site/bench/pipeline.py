"""The pipeline: received items through a real model and a real policy, by the product's own worker."""

import os
import random
import time
from typing import Any

from django.db import connection, transaction

from aios_site.bench.floor import server_settings
from aios_site.bench.ground import database_cpu_s, ground, machine, wait_until
from aios_site.bench.seed import Seeded, seed_workspace
from governance.selectors.scope import enter_workspace
from review.services.demo.messages import messages
from review.services.intake import Submission, receive_items
from routing.backends.training import train_text

_BATCH = 5000
_LIMIT_S = 600


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Return items per second from received to routed, with costs; the clock starts with the worker's first item."""
    written = messages()
    model = train_text([message.text for message in written], [message.label for message in written], test_share=0.0)
    seeded = seed_workspace(reviewers=1, model=model)
    items = options["items"]
    _receive(seeded, [message.text for message in written], items)
    with ground() as running:
        running.start("worker", "worker")
        running.start("sweep", "sweep")
        wait_until(lambda: _waiting(seeded) < items, 60, "the worker took nothing")
        first, started = _waiting(seeded), time.monotonic()
        worker, database = running.cpu_s("worker"), database_cpu_s()
        wait_until(lambda: _waiting(seeded) == 0, _LIMIT_S, "the worker did not finish")
        span = time.monotonic() - started
        costs = {
            "worker_cpu_ms_per_item": round((running.cpu_s("worker") - worker) / first * 1000, 3),
            "database_cpu_ms_per_item": round((database_cpu_s() - database) / first * 1000, 3),
        }
    return {
        "items_per_s": round(first / span, 1),
        "items": first,
        "seconds": round(span, 2),
        **costs,
        "dispositions": _dispositions(seeded),
        "model": {"labels": len(model.labels), "bytes": len(model.content)},
        "worker_processes": 2,
        **server_settings(),
        **machine(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _receive(seeded: Seeded, texts: list[str], count: int) -> None:
    chance = random.Random(1)
    for start in range(0, count, _BATCH):
        submissions = [
            Submission(external_id=f"item-{start + n}", payload={"text": chance.choice(texts)})
            for n in range(min(_BATCH, count - start))
        ]
        with transaction.atomic():
            enter_workspace(seeded.owner.workspace_id)
            receive_items(actor=seeded.owner, workflow=seeded.workflow, submissions=submissions)


def _waiting(seeded: Seeded) -> int:
    return _scalar(seeded, "SELECT count(*) FROM review_item WHERE state IN ('received', 'predicting')")


def _dispositions(seeded: Seeded) -> dict[str, int]:
    with transaction.atomic(), connection.cursor() as cursor:
        enter_workspace(seeded.owner.workspace_id)
        cursor.execute("SELECT disposition, count(*) FROM routing_routingdecision GROUP BY disposition")
        return dict(cursor.fetchall())


def _scalar(seeded: Seeded, sql: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        enter_workspace(seeded.owner.workspace_id)
        cursor.execute(sql)
        return int(cursor.fetchone()[0])

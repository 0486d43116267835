"""The time machine: a draft policy over past items by the million, a third of them with a human answer."""

import os
import resource
import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import transaction
from django.utils import timezone

from aios_site.bench.floor import server_settings
from aios_site.bench.ground import database_cpu_s, machine
from aios_site.bench.seed import WORKFLOW, Seeded, seed_past, seed_workspace
from governance.selectors.scope import enter_workspace
from routing.selectors.replays import ReplayFacts, access_replay
from routing.selectors.workflows import access_workflow
from routing.services.replay import Draft, start_replay
from routing.services.replay_run import run_replay

_DAYS = 180
_WATCH_S = 0.02
_MB = 1024 * 1024

# Sure and unsure items over half a year: three labels and segments, some flags, values up to 10,000; a twentieth drawn.
_SEED_SQL = """
INSERT INTO routing_routingdecision (workspace_id, workflow_id, item_id, attempt, mode, disposition, reason_code, reason, margin,
                                     queue_key, label, confidence, value, flags, segment, missing, policy_version_id,
                                     model_version_id, drawn, draw_probability, occurred_at)
SELECT %(workspace)s, %(workflow)s, md5('item' || n)::uuid, 1, 'live',
       CASE WHEN confidence >= .9 THEN 'auto_accept' ELSE 'review' END,
       CASE WHEN confidence >= .9 THEN 'above_threshold' ELSE 'below_threshold' END,
       jsonb_build_object('confidence', confidence, 'threshold', .9, 'margin', confidence - .9), confidence - .9, 'bench',
       (ARRAY['billing', 'delivery', 'other'])[n * 7919::int8 %% 3 + 1], confidence, n * 104729::int8 %% 10000, CASE n %% 500 WHEN 0 THEN '{instruction_like}' ELSE '{}' END::varchar[],
       (ARRAY['', 'private', 'business'])[n %% 3 + 1], CASE n %% 50 WHEN 0 THEN '{/text}' ELSE '{}' END::varchar[],
       %(policy_version)s, %(model_version)s, n %% 20 = 0, .05, now() - (n * %(days)s * 86400.0 / %(count)s) * interval '1 s'
  FROM (SELECT n, 1 - (hashint4(n) & 65535) / 65536.0 * ((hashint4(n + 1000000000) & 65535) / 65536.0) AS confidence
          FROM generate_series(%(count)s, 1, -1) n) item;
INSERT INTO routing_observation (item_id, workspace_id, workflow_id, source, inclusion_probability, label, wrong, occurred_at, closed_at)
SELECT d.item_id, d.workspace_id, d.workflow_id, CASE WHEN d.drawn THEN 'calibration' ELSE 'review' END,
       CASE WHEN d.drawn THEN .05 ELSE 1 END, CASE WHEN wrong THEN 'somewhere' ELSE d.label END, wrong, d.occurred_at, d.occurred_at
  FROM (SELECT *, (hashint8(id) & 65535) / 65536.0 > confidence AS wrong FROM routing_routingdecision) d
 WHERE d.drawn OR (d.disposition <> 'auto_accept' AND d.id %% 20 < 17);
"""
_DRAFT = {
    "default_threshold": 0.8,
    "label_thresholds": {"other": 0.95},
    "rules": [
        {"kind": "value_above", "limit": 9_000, "to": "escalate"},
        {"kind": "label_in", "labels": ["delivery"], "to": "review"},
        {"kind": "flag_present", "flags": None, "to": "escalate"},
        {"kind": "missing_field", "fields": ["/text"], "to": "review"},
    ],
    "queue": "bench",
}

# How long the oldest open transaction of anybody else in this database has been open, in seconds.
_OLDEST_SQL = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Return seconds, rows a second, the longest transaction and the memory's peak of one replay; the second, with warm caches."""
    seeded = seed_workspace(reviewers=1)
    seed_past(seeded, _SEED_SQL, count=options["items"], days=_DAYS)
    cold = _replay(seeded, options["items"])
    before_mb = _peak_mb()
    warm = _replay(seeded, options["items"])
    return warm | {
        "cold_seconds": cold["seconds"],
        "memory_before_mb": before_mb,
        **server_settings(),
        **machine(),
    }


def _replay(seeded: Seeded, count: int) -> dict[str, Any]:
    replay_id = _start(seeded)
    watch = _Watch()
    started, own, database = time.monotonic(), time.process_time(), database_cpu_s()
    with watch:
        run_replay(workspace_id=seeded.owner.workspace_id, replay_id=replay_id)
    seconds = time.monotonic() - started
    own, database = time.process_time() - own, database_cpu_s() - database
    found = _found(seeded, replay_id)
    result = found.result
    return {
        "items": result["items"],
        "seconds": round(seconds, 2),
        "items_per_s": round(count / seconds),
        "worker_cpu_s": round(own, 2),
        "database_cpu_s": round(database, 2),
        "longest_transaction_s": round(watch.longest_s, 3),
        "memory_peak_mb": _peak_mb(),
        "flips": result["to_auto"] + result["to_people"] + result["to_escalate"],
        "answers_on_newly_automatic": sum(result["to_auto_known"].values()),
        "error_before": result["error_before"]["rate"],
        "error_after": result["error_after"]["rate"],
    }


def _start(seeded: Seeded) -> UUID:
    with transaction.atomic():
        enter_workspace(seeded.owner.workspace_id)
        workflow = access_workflow(WORKFLOW)
        now = timezone.now()
        return start_replay(
            actor=seeded.owner,
            workflow=workflow,
            draft=Draft(body=_DRAFT),
            base_id=workflow.policy_version_id,
            since=now - timedelta(days=_DAYS + 1),
            until=now,
        )


def _found(seeded: Seeded, replay_id: UUID) -> ReplayFacts:
    with transaction.atomic():
        enter_workspace(seeded.owner.workspace_id)
        return access_replay(replay_id)


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MB, 1)


class _Watch:
    """Looks at the open transactions, from a connection of its own, while something runs."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_failure: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        # By the application's own role: another one is not told since when its transactions are open.
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as own:
            while not self._over.wait(_WATCH_S):
                row = own.execute(_OLDEST_SQL).fetchone()
                self.longest_s = max(self.longest_s, float(row[0]) if row else 0.0)

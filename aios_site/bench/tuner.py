"""The tuner: one threshold after the other over 100,000 scored items of which a twentieth was drawn and answered."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction

from aios_site.bench.clients import Connection
from aios_site.bench.floor import server_settings
from aios_site.bench.ground import ground, machine
from aios_site.bench.report import latencies_ms
from aios_site.bench.seed import WORKFLOW, Seeded, seed_past, seed_workspace
from governance.selectors.scope import enter_workspace
from review.selectors.tuner import Question, tuner
from routing.selectors.tuner import forget_materials
from routing.selectors.workflows import access_workflow

_DAYS = 27
_TIMES = 300
_OK = 200
_Done = TypeVar("_Done")
_ADDRESS = f"/api/v1/workflows/{WORKFLOW}/tuner/"

# Sure and unsure items over four weeks: three labels, some flags, a twentieth drawn; calibrated, so that a promise can be kept.
_SEED_SQL = """
INSERT INTO routing_routingdecision (workspace_id, workflow_id, item_id, attempt, mode, disposition, reason_code, reason, margin,
                                     queue_key, label, confidence, value, flags, segment, policy_version_id, model_version_id, drawn,
                                     draw_probability, occurred_at)
SELECT %(workspace)s, %(workflow)s, md5('item' || n)::uuid, 1, 'live',
       CASE WHEN confidence >= .9 THEN 'auto_accept' ELSE 'review' END, 'above_threshold', '{}', confidence - .9, 'bench',
       (ARRAY['billing', 'delivery', 'other'])[n * 7919::int8 %% 3 + 1], confidence, n * 104729::int8 %% 10000,
       CASE n %% 500 WHEN 0 THEN '{instruction_like}' ELSE '{}' END::varchar[], '', %(policy_version)s, %(model_version)s,
       n %% 20 = 0, .05, date_trunc('day', now()) - (n * %(days)s * 86400.0 / %(count)s) * interval '1 s'
  FROM (SELECT n, 1 - (hashint4(n) & 65535) / 65536.0 * ((hashint4(n + 1000000000) & 65535) / 65536.0) AS confidence
          FROM generate_series(%(count)s, 1, -1) n) item;
INSERT INTO routing_observation (item_id, workspace_id, workflow_id, source, inclusion_probability, label, wrong, occurred_at, closed_at)
SELECT d.item_id, d.workspace_id, d.workflow_id, 'calibration', .05, CASE WHEN wrong THEN 'somewhere' ELSE d.label END, wrong,
       d.occurred_at, d.occurred_at
  FROM (SELECT *, (hashint8(id) & 65535) / 65536.0 > confidence AS wrong FROM routing_routingdecision) d
 WHERE d.drawn;
"""


def measure(options: dict[str, Any]) -> dict[str, Any]:
    """Return how long an answer over HTTP takes, how long the computation alone, and what the first of all costs."""
    seeded = seed_workspace(reviewers=1)
    seed_past(seeded, _SEED_SQL, count=options["items"], days=_DAYS)
    computed = _computed(seeded)
    with ground() as running:
        running.serve(processes=1)
        connection = Connection(running.port, seeded.owner_token)
        first_s, said = _timed(lambda: _get(connection, ""))
        known = said["basis"]
        threshold = [_get_timed(connection, f"?threshold={t:.4f}&known={known}") for t in _thresholds()]
        target = [_get_timed(connection, f"?target={0.005 + n / 20_000:.5f}") for n in range(_TIMES // 3)]
        own = [_get_timed(connection, f"?label=other:{t:.4f}") for t in _thresholds()[: _TIMES // 3]]
    return {
        "scored_items": said["scored"],
        "sample_answers": said["answers"],
        "certified_threshold": said["certified"] and said["certified"]["threshold"],
        **_named("http_threshold", threshold),
        **_named("http_target", target),
        **_named("http_own_threshold", own),
        "http_first_ms": round(first_s * 1000, 1),
        **computed,
        **server_settings(),
        **machine(),
    }


def _computed(seeded: Seeded) -> dict[str, Any]:
    """Measure without HTTP: loading, all that a new target needs, and a move of the threshold."""
    with transaction.atomic():
        enter_workspace(seeded.owner.workspace_id)
        workflow = access_workflow(WORKFLOW)

        def ask(question: Question) -> float:
            return _timed(lambda: tuner(seeded.owner, workflow, question))[0]

        forget_materials()
        load_s = ask(Question())
        moves = [ask(Question(threshold=t)) for t in _thresholds()]
        targets = [ask(Question(target=0.005 + n / 20_000)) for n in range(_TIMES // 3)]
    return {
        "load_ms": round(load_s * 1000, 1),
        **_named("computed_threshold", moves),
        **_named("computed_target", targets),
    }


def _thresholds() -> list[float]:
    return [0.5 + 0.4999 * n / _TIMES for n in range(_TIMES)]


def _get(connection: Connection, query: str) -> dict[str, Any]:
    status, body = connection.call("GET", _ADDRESS + query)
    if status != _OK:
        message = f"the tuner answered {status}: {body[:300]!r}"
        raise RuntimeError(message)
    said: dict[str, Any] = json.loads(body)
    return said


def _get_timed(connection: Connection, query: str) -> float:
    return _timed(lambda: _get(connection, query))[0]


def _timed(work: Callable[[], _Done]) -> tuple[float, _Done]:
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, done


def _named(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_{share}": value for share, value in latencies_ms(values).items()}

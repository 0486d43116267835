"""The floor: claim, decide, audit and outbox as plain SQL, with as many connections as there are clients."""

import threading
import time
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection

_TABLES = """
DROP TABLE IF EXISTS floor_review, floor_decision, floor_audit, floor_outbox;
CREATE TABLE floor_review (id bigint PRIMARY KEY, rank_at timestamptz NOT NULL, state text NOT NULL, holder uuid, fence bigint NOT NULL);
CREATE INDEX ON floor_review (rank_at, id) WHERE state = 'open';
CREATE TABLE floor_decision (id uuid PRIMARY KEY, review bigint NOT NULL, label text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE floor_audit (id bigserial PRIMARY KEY, review bigint NOT NULL, body text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE floor_outbox (id uuid PRIMARY KEY, body text NOT NULL, at timestamptz NOT NULL DEFAULT now());
INSERT INTO floor_review SELECT n, now() + n * interval '1 s', 'open', NULL, 0 FROM generate_series(1, %s) n;
ANALYZE floor_review;
"""
_CLAIM = """
WITH c AS MATERIALIZED (SELECT id FROM floor_review WHERE state = 'open' ORDER BY rank_at, id FOR UPDATE SKIP LOCKED LIMIT 1)
UPDATE floor_review r SET state = 'leased', holder = %s, fence = fence + 1 FROM c WHERE r.id = c.id RETURNING r.id, r.fence"""


def sql_floor_per_s(*, owner_url: str, clients: int, seconds: float, rows: int) -> float:
    """Return claims with decision, audit row and outbox row per second, two transactions each, as plain SQL."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute((_TABLES % rows).encode())
        counts = [0] * clients
        threads = [threading.Thread(target=_work, args=(owner_url, counts, at, seconds)) for at in range(clients)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        span = time.monotonic() - started
        owner.execute("DROP TABLE floor_review, floor_decision, floor_audit, floor_outbox")
    return round(sum(counts) / span, 1)


def _work(owner_url: str, counts: list[int], at: int, seconds: float) -> None:
    holder = uuid4()
    end = time.monotonic() + seconds
    with psycopg.connect(owner_url) as own:
        while time.monotonic() < end:
            claimed = own.execute(_CLAIM, [holder]).fetchone()
            own.commit()
            if claimed is None:
                return
            review, fence = claimed
            own.execute(
                "UPDATE floor_review SET state = 'decided' WHERE id = %s AND fence = %s AND state = 'leased'",
                [review, fence],
            )
            own.execute("INSERT INTO floor_decision (id, review, label) VALUES (%s, %s, 'x')", [uuid4(), review])
            own.execute("INSERT INTO floor_audit (review, body) VALUES (%s, 'decided')", [review])
            own.execute("INSERT INTO floor_outbox (id, body) VALUES (%s, 'decided')", [uuid4()])
            own.commit()
            counts[at] += 1


def server_settings() -> dict[str, str]:
    """Return the versions and settings that the figures depend on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), current_setting('synchronous_commit'), current_setting('fsync')"
        )
        version, commit, fsync = cursor.fetchone()
    return {
        "postgresql": version,
        "synchronous_commit": commit,
        "fsync": fsync,
        "database": settings.DATABASES["default"]["NAME"],
    }

"""Whether a restored database is the one that was backed up: counts, protection, and an audit trail that still proves itself."""

import hashlib
from typing import Any

import psycopg

from aios_site.backup import facts
from aios_site.backup.errors import CorruptError

_SAMPLE = 500
_GAPS = """
SELECT count(*) FROM (
    SELECT FROM governance_auditevent GROUP BY workspace_id, stream_kind, stream_id
    HAVING min(stream_seq) <> 1 OR max(stream_seq) <> count(*) OR count(DISTINCT stream_seq) <> count(*)) broken"""
_MISCOUNTED = """
SELECT (SELECT count(*) FROM review_item i WHERE i.event_count <> (
            SELECT count(*) FROM governance_auditevent e WHERE e.stream_id = i.id AND e.stream_kind = 'item'))
     + (SELECT count(*) FROM governance_auditstream s WHERE s.last_seq <> (
            SELECT count(*) FROM governance_auditevent e WHERE e.stream_id = s.stream_id AND e.stream_kind = s.kind))"""
_EVENTS = f"""
SELECT e.commitment, p.salt, p.body FROM governance_auditevent e LEFT JOIN governance_auditpayload p ON p.event_id = e.id
 WHERE e.id IN (SELECT id FROM governance_auditevent ORDER BY random() LIMIT {_SAMPLE})"""  # noqa: S608 - a constant


def check_restored(connection: psycopg.Connection, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what was checked; raise where anything differs from what the backup says."""
    differing = _differences(manifest["tables"], facts.rows_per_table(connection))
    differing += _differences(manifest["shape"], facts.shape(connection))
    if differing:
        raise CorruptError("The restored database differs from the backup: " + "; ".join(differing[:5]))
    gaps, miscounted = _count(connection, _GAPS), _count(connection, _MISCOUNTED)
    if gaps or miscounted:
        message = f"The audit trail is not whole: {gaps} streams with gaps, {miscounted} that were counted wrongly."
        raise CorruptError(message)
    rows = connection.execute(_EVENTS).fetchall()
    forged = sum(
        salt is not None and hashlib.sha256(salt + body).digest() != commitment for commitment, salt, body in rows
    )
    if forged:
        message = f"{forged} of {len(rows)} audit events are not what was committed to."
        raise CorruptError(message)
    return {"tables": len(manifest["tables"]), "events_proven": len(rows)}


def _differences(expected: dict[str, int], found: dict[str, int]) -> list[str]:
    names = sorted(expected.keys() | found.keys())
    return [
        f"{name}: {expected.get(name)} in the backup, {found.get(name)} restored"
        for name in names
        if expected.get(name) != found.get(name)
    ]


def _count(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0

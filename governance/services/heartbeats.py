"""Saying that a loop has just done a round; the database's clock is the one that counts."""

from governance.statements import fetch

_BEAT_SQL = """
INSERT INTO governance_heartbeat AS h (name, beat_at) VALUES (%(name)s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET beat_at = greatest(h.beat_at, excluded.beat_at)"""


def beat(name: str) -> None:
    """Record that this loop did a round now; one statement, in the open transaction or one of its own."""
    fetch(_BEAT_SQL, {"name": name})

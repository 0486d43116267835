"""How long ago the background loops last did a round, and how late the outbox is."""

from typing import Final

from governance.statements import fetch

_LAGS_SQL = "SELECT name, extract(epoch FROM clock_timestamp() - beat_at)::float8 AS lag_s FROM governance_heartbeat"
_OUTBOX_SQL = "SELECT aios_outbox_lag() AS lag_s"

# What there should be, and the seconds after which it counts as late. The canary goes through broker and worker.
LATE_AFTER_S: Final = {"sweeper": 30.0, "ticker": 30.0, "relay": 30.0, "deliverer": 30.0, "canary": 90.0}
OUTBOX_LATE_AFTER_S: Final = 60.0


def lags() -> dict[str, float | None]:
    """Return the seconds since the last round of each loop; none where it has never done one. One statement."""
    found: dict[str, float | None] = dict.fromkeys(LATE_AFTER_S)
    return found | {row["name"]: max(0.0, row["lag_s"]) for row in fetch(_LAGS_SQL, {})}


def outbox_lag() -> float:
    """Return for how many seconds the oldest due message of any workspace has waited to be published; 0 for none."""
    lag_s: float = fetch(_OUTBOX_SQL, {})[0]["lag_s"]
    return max(0.0, lag_s)

"""The hosts of one's own network that the entered workspace may call."""

from governance.statements import fetch

# For statements of others that need the list beside their rows: pairs of host and port, as JSON.
PRIVATE_HOSTS_SQL = """(SELECT coalesce(jsonb_agg(jsonb_build_array(private.host, private.port)), '[]')
                          FROM governance_privatehost private WHERE private.is_active)"""


def private_hosts() -> frozenset[tuple[str, int]]:
    """Return host and port of every entry in use."""
    rows = fetch("SELECT host, port FROM governance_privatehost WHERE is_active", {})
    return frozenset((row["host"], row["port"]) for row in rows)

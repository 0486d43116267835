"""Telling open pages how full the queues are and who works on them: once a second for all, never per decision."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from governance.statements import fetch
from governance.valkey import circuit
from review.selectors.presence import present_everywhere

MESSAGE = "queues.changed"
Counts = dict[UUID, list[dict[str, Any]]]

_COUNTS_SQL = """
SELECT workspace_id, key, depth, overdue, due_soon, oldest_at, leased FROM aios_queue_counts() ORDER BY workspace_id, key"""

# One ticker leads at a time; what a new leader does not know was told is told once more.
_told: Counts = {}


def group_name(workspace_id: UUID) -> str:
    """Return the name of the group of a workspace's open pages; made here, never taken from a client."""
    return f"queues.{workspace_id.hex}"


def tick() -> int:
    """Send the counts of the workspaces in which they have changed since the last tick; return how many were told."""
    counts = queue_counts()
    told = 0
    for workspace_id in changed_workspaces(_told, counts):
        if not _send(workspace_id, counts[workspace_id]):
            break
        _told[workspace_id] = counts[workspace_id]
        told += 1
    return told


def queue_counts() -> Counts:
    """Return the counts of every workspace's queues, and who is there, ready to be sent; one statement."""
    counts: Counts = defaultdict(list)
    rows = fetch(_COUNTS_SQL, {})
    everywhere = present_everywhere()
    for row in rows:
        workspace_id = row.pop("workspace_id")
        told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        present = everywhere.get(workspace_id, {}).get(row["key"], [])
        counts[workspace_id].append(told | {"present": [person.as_json() for person in present]})
    return dict(counts)


def changed_workspaces(before: Counts, now: Counts) -> list[UUID]:
    """Return the workspaces whose counts differ."""
    return [workspace_id for workspace_id, counts in now.items() if before.get(workspace_id) != counts]


def _send(workspace_id: UUID, queues: list[dict[str, Any]]) -> bool:
    if not circuit.may_try():
        return False
    try:
        async_to_sync(get_channel_layer().group_send)(group_name(workspace_id), {"type": MESSAGE, "queues": queues})
    except Exception as failure:
        circuit.failed(failure)
        return False
    circuit.worked()
    return True

"""Which queues a workflow can send to, told by whoever owns queues: routing itself can't see them."""

from collections.abc import Callable, Collection
from uuid import UUID

QueueSource = Callable[[UUID], Collection[str]]

_sources: list[QueueSource] = []


def use(source: QueueSource) -> None:
    """Let routing ask this function."""
    _sources[:] = [source]


def queue_keys(workflow_id: UUID) -> Collection[str]:
    """Return the keys of the queues that the workflow can send to."""
    return [key for source in _sources for key in source(workflow_id)]

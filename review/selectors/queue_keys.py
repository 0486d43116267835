"""Which queues a workflow can send to."""

from uuid import UUID

from review.models import Queue


def queue_keys(workflow_id: UUID) -> list[str]:
    """Return the keys of the workspace's queues, which are open to every policy; none where the workflow has none of its own."""
    queues = list(Queue.objects.order_by("key").values_list("key", "workflow_id"))
    if all(owner != workflow_id for _key, owner in queues):
        return []
    return [key for key, _owner in queues]

"""Which queues a workflow can send to, as the administration asks for it."""

from routing.selectors.queue_source import queue_keys, use

__all__ = ["queue_keys", "use"]

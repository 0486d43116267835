"""The administration of queues, and datasets to look at."""

from review.admin import datasets, queues
from review.selectors.queue_keys import queue_keys
from routing.admin import queue_source

queue_source.use(queue_keys)

__all__ = ["datasets", "queues"]

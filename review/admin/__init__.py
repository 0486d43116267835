"""The administration of queues and webhook endpoints, and datasets to look at."""

from review.admin import datasets, endpoints, queues
from review.selectors.queue_keys import queue_keys
from routing.admin import queue_source

queue_source.use(queue_keys)

__all__ = ["datasets", "endpoints", "queues"]

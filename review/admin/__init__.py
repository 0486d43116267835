"""The administration of queues, answer templates and webhook endpoints, and datasets to look at."""

from review.admin import datasets, endpoints, queues, templates
from review.selectors.queue_keys import queue_keys
from routing.admin import queue_source

queue_source.use(queue_keys)

__all__ = ["datasets", "endpoints", "queues", "templates"]

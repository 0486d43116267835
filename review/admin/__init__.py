"""The administration of queues, answer templates and webhook endpoints, and datasets to look at."""

from review.admin import datasets, endpoints, queues, templates
from review.admin.workflow_links import threshold_links
from review.selectors.queue_keys import queue_keys
from routing.admin import queue_source, workflow_links

queue_source.use(queue_keys)
workflow_links.use(threshold_links)

__all__ = ["datasets", "endpoints", "queues", "templates"]

"""The HTTP API of items, queues, reviews and datasets."""

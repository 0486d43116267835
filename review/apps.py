"""The product: items, queues, reviews, decisions, datasets."""

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """Application configuration of review."""

    name = "review"
    verbose_name = "Queues and review"

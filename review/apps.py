"""The product: items, queues, reviews, decisions, datasets."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class ReviewConfig(AppConfig):
    """Application configuration of review."""

    name = "review"
    verbose_name = gettext_lazy("Queues and review")

"""The brain: contracts, models, predictions, policies."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    """Application configuration of routing."""

    name = "routing"
    verbose_name = "Workflows, models and policies"

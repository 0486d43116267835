"""The brain: contracts, models, predictions, policies."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class RoutingConfig(AppConfig):
    """Application configuration of routing."""

    name = "routing"
    verbose_name = gettext_lazy("Workflows, models and policies")

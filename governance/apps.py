"""The ground: people, workspaces, access, audit, outbox."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class GovernanceConfig(AppConfig):
    """Application configuration of governance."""

    name = "governance"
    verbose_name = gettext_lazy("People and governance")

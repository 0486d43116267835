"""The ground: people, workspaces, access, audit, outbox."""

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """Application configuration of governance."""

    name = "governance"
    verbose_name = "People and governance"

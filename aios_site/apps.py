"""The wiring as an app: brings the management commands, and Celery's tasks to every process."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Application configuration of the wiring."""

    name = "aios_site"

    def ready(self) -> None:
        """Make the Celery app the current one, so that work can be announced."""
        from aios_site import celery  # noqa: F401, PLC0415 - imported for its effect

"""The administration as an app. Loaded before any model is: nothing here may import one."""

from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class ScopedAdminConfig(AdminConfig):
    """Django's admin app with a site that works inside one workspace."""

    default_site = "governance.admin.scoped_site.ScopedAdminSite"

    def ready(self) -> None:
        """Find every app's admin; this one's package was imported too early to bring its own modules along."""
        super().ready()
        for name in ("workspaces", "members", "clients", "events", "private_hosts"):
            import_module(f"governance.admin.{name}")

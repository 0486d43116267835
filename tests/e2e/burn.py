"""Rolls a workflow's staged version back as the watch does: `python -m tests.e2e.burn <workflow> <reason>`."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")


def main() -> None:
    """Roll back."""
    key, reason = sys.argv[1:]
    django.setup()
    from django.db import transaction

    from governance.domain import system_actor
    from governance.selectors.scope import enter_workspace_by_slug
    from routing.selectors.workflows import access_workflow
    from routing.services.releases import roll_back

    with transaction.atomic():
        actor = system_actor(enter_workspace_by_slug("demo"))
        assert roll_back(actor=actor, workflow=access_workflow(key), reason=reason)


if __name__ == "__main__":
    main()

"""Carries out the replays that wait in the demo workspace, as a worker would: `python -m tests.e2e.furnish_replay`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")


def main() -> None:
    """Carry them out."""
    from django.db import transaction

    from governance.selectors.scope import enter_workspace_by_slug
    from routing.models import Replay
    from routing.services.replay_run import run_replay

    with transaction.atomic():
        workspace_id = enter_workspace_by_slug("demo")
        waiting = list(Replay.objects.filter(state="waiting").values_list("id", flat=True))
    for replay_id in waiting:
        run_replay(workspace_id=workspace_id, replay_id=replay_id)


if __name__ == "__main__":
    django.setup()
    main()

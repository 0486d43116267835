"""`python -m tests.torture.prepare FOLDER`: the cast of a round, made with the product's own services in its own process."""

import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")


def main(folder: Path) -> None:
    """Make two workspaces, their people, workflows, queues and endpoints, and write who they are."""
    django.setup()
    from django.db import transaction

    from tests.torture.cast import NORTH, SOUTH, Cast
    from tests.torture.outposts import point_outside
    from tests.torture.plan import Plan
    from tests.torture.workspaces import make_workspace

    plan, cast = Plan.load(folder), Cast()
    for slug, reviewers in ((NORTH, 8), (SOUTH, 2)):
        with transaction.atomic():
            people = make_workspace(cast, slug, reviewers=reviewers)
        point_outside(plan, cast, slug, people)
    cast.save(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

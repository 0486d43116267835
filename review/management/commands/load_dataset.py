"""`manage.py load_dataset`: a public data set as a workflow with a model trained on it."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from governance.domain import ProductError
from governance.selectors.principals import people_with_role
from governance.selectors.scope import enter_workspace_by_slug
from review.services.load_dataset import BANKING77, load_banking77


class Command(BaseCommand):
    """Load a data set."""

    help = "Trains on a data set's training part, registers the model, makes the workflow, and sends the test part."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which, from where, into which workspace."""
        parser.add_argument("name", choices=[BANKING77])
        parser.add_argument("--path", type=Path, required=True, help="folder with train.csv and test.csv")
        parser.add_argument("--workspace", default="demo", help="address of the workspace")
        parser.add_argument("--draw-rate", type=float, default=0.05, help="share drawn for the calibration sample")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """Load and say what was loaded."""
        try:
            with transaction.atomic():
                enter_workspace_by_slug(options["workspace"])
                people = people_with_role("owner", "admin", "reviewer", "lead")
            owners = [actor for actor in people if actor.role in {"owner", "admin"}]
            if not owners:
                message = f"The workspace {options['workspace']!r} has no owner."
                raise CommandError(message)
            loaded = load_banking77(
                actor=owners[0],
                folder=options["path"],
                queue_members=[actor.id for actor in people if actor.id and actor.role in {"reviewer", "lead"}],
                draw_rate=options["draw_rate"],
            )
        except ProductError as refused:
            raise CommandError(str(refused)) from None
        result = asdict(loaded)
        self.stdout.write(
            json.dumps(result)
            if options["json"]
            else f"Workflow {loaded.workflow}: model trained on {loaded.trained_on}, {loaded.sent} items sent.",
        )

"""`manage.py dead_letters`: list the items that were given up, try them again, or give them to people."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from governance.domain import ProductError, system_actor
from governance.selectors.scope import enter_workspace_by_slug
from review.selectors.dead_letters import DeadGroup, dead_groups
from review.services.dead_letters import Emptied, replay_all, send_all_to_people
from routing.selectors.workflows import WorkflowFacts, access_workflow, workflows

_WHOLE_S = 24 * 3600.0


class Command(BaseCommand):
    """Deal with dead items."""

    help = "Lists the items that were given up, by workflow and failure; tries them again or gives them to people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which, and what is to become of them."""
        parser.add_argument("--workspace", default="demo", help="address of the workspace (default: %(default)s)")
        parser.add_argument("--workflow", help="its key; without it those of every workflow")
        parser.add_argument("--replay", action="store_true", help="give them to the model again")
        parser.add_argument("--to-people", action="store_true", help="give them to people")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """List, or move."""
        if options["replay"] and options["to_people"]:
            message = "Either --replay or --to-people."
            raise CommandError(message)
        try:
            with transaction.atomic():
                actor = system_actor(enter_workspace_by_slug(options["workspace"]))
                chosen = [access_workflow(options["workflow"])] if options["workflow"] else workflows()
                groups = dead_groups(options["workflow"])
            if not (options["replay"] or options["to_people"]):
                self._list(groups, as_json=options["json"])
                return
            move = replay_all if options["replay"] else send_all_to_people
            moved = [move(actor=actor, workflow=workflow, budget_s=_WHOLE_S) for workflow in with_dead(chosen, groups)]
        except ProductError as refused:
            raise CommandError(str(refused)) from None
        self._tell(moved, as_json=options["json"])

    def _list(self, groups: list[DeadGroup], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"groups": [_shown(group) for group in groups]}))
            return
        for group in groups:
            since = group.oldest_at.isoformat(timespec="seconds") if group.oldest_at else "?"
            self.stdout.write(f"{group.items:>8}  {group.workflow_key}  {group.failure}  since {since}")
        if not groups:
            self.stdout.write("No item is dead.")

    def _tell(self, moved: list[Emptied], *, as_json: bool) -> None:
        total, refused = sum(one.moved for one in moved), sum(one.refused for one in moved)
        is_complete = all(one.is_complete for one in moved)
        if as_json:
            self.stdout.write(json.dumps({"moved": total, "refused": refused, "is_complete": is_complete}))
            return
        self.stdout.write(f"{total} item{'' if total == 1 else 's'} moved, {refused} could not be.")


def with_dead(chosen: list[WorkflowFacts], groups: list[DeadGroup]) -> list[WorkflowFacts]:
    """Return the workflows that have dead items."""
    keys = {group.workflow_key for group in groups}
    return [workflow for workflow in chosen if workflow.key in keys]


def _shown(group: DeadGroup) -> dict[str, Any]:
    return {
        "workflow": group.workflow_key,
        "failure": group.failure,
        "items": group.items,
        "oldest_at": group.oldest_at.isoformat() if group.oldest_at else None,
    }

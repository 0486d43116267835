"""`manage.py policy`: policies as files. Export one, see what a file would change, and apply it.

manage.py policy export --workflow support-triage > policy.yaml
manage.py policy plan policy.yaml        0: nothing would change, 2: something would, 1: the file is refused
manage.py policy apply policy.yaml --reason "fewer reviews" [--stage 5 | --activate]
                                         0: done, 3: proposed and waiting for a second person, 1: refused
"""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from governance.domain import Actor, ProductError, system_actor
from governance.selectors.members import access_member_by_email
from governance.selectors.principals import actor_of_membership
from governance.selectors.scope import enter_workspace_by_slug
from review.api.shown_proposals import changes as shown_changes
from routing.domain.policy_body import parse_policy
from routing.domain.policy_code import PolicyCode
from routing.domain.policy_diff import Change, diff, in_lines
from routing.selectors.policy_preview import PolicyPreview, preview_policy
from routing.selectors.proposals import access_proposal, access_version, approval_is_asked, version_numbered
from routing.selectors.workflows import WorkflowFacts, access_workflow
from routing.services import releases
from routing.services.policy_files import check_code, code_of, read_code

CHANGES, WAITS = 2, 3
_STAGES = {"5": 0.05, "25": 0.25, "100": 1.0}


class Command(BaseCommand):
    """Keep policies as files."""

    help = "Exports a policy as YAML, tells what a file would change, and applies it: proposed, staged or in force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do, with what."""
        steps = parser.add_subparsers(dest="step", required=True)
        export = steps.add_parser("export", help="print a version as YAML")
        export.add_argument("--workflow", required=True, help="its key")
        export.add_argument("--number", type=int, help="the version's number; without it the one in force")
        export.add_argument("--policy", default="", help="the line of versions; without it that of the one in force")
        export.add_argument("--output", type=Path, help="the file to write; without it standard output")
        plan = steps.add_parser(
            "plan", help="tell what a file would change; ends with 2 where it would change something"
        )
        apply = steps.add_parser(
            "apply", help="propose what a file says; ends with 3 where a second person has to approve"
        )
        for step in (plan, apply):
            step.add_argument("file", type=Path, help="the file, or - for standard input")
            step.add_argument(
                "--anyway", action="store_true", help="even if another version is in force than in the file"
            )
        apply.add_argument("--reason", required=True, help="why; it stands in the audit log")
        apply.add_argument("--as", dest="email", help="the owner who does it; without it the product itself")
        how = apply.add_mutually_exclusive_group()
        how.add_argument("--stage", choices=list(_STAGES), help="let it route so many per cent of the items")
        how.add_argument("--activate", action="store_true", help="put it in force")
        for step in (export, plan, apply):
            step.add_argument("--workspace", default="demo", help="address of the workspace (default: %(default)s)")
            step.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """Do the step in one transaction."""
        steps = {"export": self._export, "plan": self._plan, "apply": self._apply}
        try:
            with transaction.atomic():
                workspace_id = enter_workspace_by_slug(options["workspace"])
                code = steps[options["step"]](options, system_actor(workspace_id))
        except ProductError as refused:
            if options["json"]:
                self.stdout.write(json.dumps({"error": str(refused), **refused.extra}, default=str))
            raise CommandError(str(refused)) from None
        if code:
            sys.exit(code)

    def _export(self, options: dict[str, Any], _actor: Actor) -> int:
        workflow = access_workflow(options["workflow"])
        if options["number"] is not None:
            version = version_numbered(workflow.id, options["number"], options["policy"])
        elif workflow.policy_version_id is None:
            raise CommandError(_("No version is in force. Name one with --number."))
        else:
            version = access_version(workflow.policy_version_id)
        text = code_of(workflow.key, version)
        if options["output"]:
            options["output"].write_text(text, encoding="utf-8")
        if options["json"]:
            self.stdout.write(json.dumps({"workflow": workflow.key, "number": version.number, "code": text}))
        elif not options["output"]:
            self.stdout.write(text, ending="")
        return 0

    def _plan(self, options: dict[str, Any], _actor: Actor) -> int:
        workflow, code = self._read(options)
        changes = _changes(workflow, code)
        now = parse_policy(workflow.policy_body) if workflow.policy_body else None
        seen = preview_policy(workflow.id, now=now, then=parse_policy(code.body)) if changes else None
        if options["json"]:
            told = {"changes": shown_changes(changes), "preview": asdict(seen) if seen else None}
            self.stdout.write(json.dumps(self._where(workflow) | told))
        else:
            self._tell_changes(workflow, changes)
            if seen:
                self._tell_preview(seen)
        return CHANGES if changes else 0

    def _apply(self, options: dict[str, Any], actor: Actor) -> int:
        workflow, code = self._read(options)
        changes = _changes(workflow, code)
        if not changes:
            self._done(options, workflow, changes, state="unchanged")
            return 0
        if options["email"]:
            actor = actor_of_membership(access_member_by_email(options["email"], has_entered=True))
        proposal = releases.propose(
            actor=actor, workflow=workflow, body=code.body, policy_name=code.policy, reason=options["reason"]
        )
        is_waiting = approval_is_asked()
        if options["activate"] and not is_waiting:
            releases.finish(actor=actor, proposal_id=proposal.id)
        elif options["stage"] and not is_waiting:
            releases.stage(actor=actor, proposal_id=proposal.id, share=_STAGES[options["stage"]])
        facts = access_proposal(proposal.id)
        self._done(options, workflow, changes, state=facts.state, number=facts.number, proposal=str(facts.id))
        return WAITS if is_waiting else 0

    def _read(self, options: dict[str, Any]) -> tuple[WorkflowFacts, PolicyCode]:
        """Return the file's workflow and content, or refuse it."""
        path: Path = options["file"]
        try:
            text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path}: {error}") from None
        try:
            workflow = access_workflow(read_code(text).workflow)
            code = check_code(text, workflow)
        except ProductError as refused:
            refused.detail = f"{path}: {refused}"
            raise
        if code.version not in (None, workflow.policy_number) and not options["anyway"]:
            detail = _(
                "%(file)s was exported from version %(there)s, and version %(here)s is in force now. Export again, or say --anyway."
            )
            message = detail % {"file": path, "there": code.version, "here": workflow.policy_number or _("none")}
            raise CommandError(message)
        return workflow, code

    def _done(self, options: dict[str, Any], workflow: WorkflowFacts, changes: list[Change], **facts: Any) -> None:
        if options["json"]:
            told = {"changes": shown_changes(changes), **facts}
            self.stdout.write(json.dumps(self._where(workflow) | told))
            return
        self._tell_changes(workflow, changes)
        sentences = {
            "proposed": "Proposed as v{number}."
            + (" A second person has to approve it." if approval_is_asked() else ""),
            "staged": "Staged as v{number}.",
            "full": "v{number} is in force.",
            "unchanged": "",
        }
        if sentence := sentences[facts["state"]]:
            self.stdout.write(sentence.format(**facts))

    def _tell_changes(self, workflow: WorkflowFacts, changes: list[Change]) -> None:
        here = f"v{workflow.policy_number}" if workflow.policy_number else "no version"
        self.stdout.write(f"{workflow.key}: {here} in force")
        for line in in_lines(changes):
            self.stdout.write(f"  {line}")
        if not changes:
            self.stdout.write("  nothing would change")

    def _tell_preview(self, seen: PolicyPreview) -> None:
        if not seen.items:
            self.stdout.write(f"No item was routed in the last {seen.days} days: no preview.")
            return
        shares = [f"{part['auto'] / seen.items:.1%}" for part in (seen.before, seen.after)]
        least = "" if seen.is_whole else "at least "
        self.stdout.write(f"Of {least}{seen.items:,} items of the last {seen.days} days:")
        self.stdout.write(f"  automatic {shares[0]} -> {shares[1]}")
        self.stdout.write(f"  {seen.to_auto:,} to automatic, {seen.to_people:,} to people")

    def _where(self, workflow: WorkflowFacts) -> dict[str, Any]:
        return {"workflow": workflow.key, "in_force": workflow.policy_number}


def _changes(workflow: WorkflowFacts, code: PolicyCode) -> list[Change]:
    return diff(workflow.policy_body, code.body)

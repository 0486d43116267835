"""`manage.py issue_token`: a person's token for scripts."""

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from governance.domain import ProductError, system_actor
from governance.selectors.members import access_member_by_email
from governance.selectors.scope import enter_workspace_by_slug
from governance.services.tokens import DEFAULT_DAYS, issue_person_token


class Command(BaseCommand):
    """Issue a token that acts as one member."""

    help = "Prints a token that calls the API as a member of a workspace. It is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who, where, and for how long."""
        parser.add_argument("--as", dest="email", required=True, help="the member's e-mail address")
        parser.add_argument("--workspace", help="its address; needed where the person belongs to several")
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="validity (default: %(default)s)")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """Issue, and print."""
        try:
            with transaction.atomic():
                if options["workspace"]:
                    enter_workspace_by_slug(options["workspace"])
                membership = access_member_by_email(options["email"], has_entered=bool(options["workspace"]))
                expires_at = timezone.now() + timedelta(days=options["days"])
                token = issue_person_token(
                    actor=system_actor(membership.workspace_id),
                    membership=membership,
                    expires_at=expires_at,
                )
        except ProductError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            answer = {"token": token, "expires_at": expires_at.isoformat(), "email": membership.user.email}
            self.stdout.write(json.dumps(answer | {"workspace": membership.workspace.slug, "role": membership.role}))
        else:
            self.stdout.write(token)

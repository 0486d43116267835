"""`manage.py create_workspace`: a first real set-up, without the demo."""

import getpass
import json
import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from governance.domain import ProductError, Role
from governance.services.invitations import invite
from governance.services.workspaces import create_workspace

PASSWORD_VARIABLE = "AIOS_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable


class Command(BaseCommand):
    """Make a workspace and bring in its first admin."""

    help = "Makes a workspace. Its first admin gets an invitation link, or with --password a login at once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the workspace's names and its admin."""
        parser.add_argument("--slug", required=True, help="its address: lower-case letters, digits, hyphens")
        parser.add_argument("--name", help="its name (default: the address)")
        parser.add_argument("--admin-email", required=True, help="who manages its members")
        parser.add_argument("--admin-name", default="", help="what that person is called")
        parser.add_argument(
            "--password",
            action="store_true",
            help=f"set the admin's password: from {PASSWORD_VARIABLE}, or asked for",
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """Make it, and print how the admin comes in."""
        password = _password() if options["password"] else None
        try:
            with transaction.atomic():
                result = _created(options, password)
        except ProductError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(result))
            return
        self.stdout.write(f"Workspace {result['slug']} is made.")
        if "invitation" in result:
            self.stdout.write(f"Invitation for {result['admin']}, good for 72 hours:\n{result['invitation']}")
        else:
            self.stdout.write(f"{result['admin']} signs in at {result['login']}")


def _created(options: dict[str, Any], password: str | None) -> dict[str, str]:
    email = options["admin_email"]
    workspace, actor = create_workspace(
        slug=options["slug"],
        name=options["name"] or options["slug"],
        admin_email=email if password else None,
        admin_name=options["admin_name"],
        admin_password=password,
    )
    result = {"slug": workspace.slug, "id": str(workspace.id), "admin": email}
    if password:
        return result | {"login": f"{settings.PUBLIC_URL}/accounts/login/"}
    return result | {"invitation": invite(actor=actor, email=email, role=Role.ADMIN).link}


def _password() -> str:
    given = os.environ.get(PASSWORD_VARIABLE) or getpass.getpass("Password of the admin: ")
    if not given:
        message = "No password was given."
        raise CommandError(message)
    return given

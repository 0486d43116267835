"""`manage.py prepare_database`: roles, database and grants on a PostgreSQL server of one's own."""

import json
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from aios_site.stack.roles import prepare_database
from aios_site.stack.urls import DATABASE

_OLDEST = 150000


class Command(BaseCommand):
    """Prepare a server once; running it again changes nothing but the passwords."""

    help = "Makes the three roles and the database on your own server (PostgreSQL 15 or later)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the administrator's address and the two logins' passwords."""
        parser.add_argument("--admin-url", required=True, help="a superuser, or a login with CREATEROLE and CREATEDB")
        parser.add_argument("--app-password", required=True, help="of aios_app, for DATABASE_URL")
        parser.add_argument("--owner-password", required=True, help="of aios_owner, for DATABASE_OWNER_URL")
        parser.add_argument("--name", default=DATABASE, help="the database (default: %(default)s)")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """Prepare, and say what is next."""
        url, name = options["admin_url"], options["name"]
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                version = connection.info.server_version
            if version < _OLDEST:
                message = f"PostgreSQL 15 or later is needed; this server is {version // 10000}."
                raise CommandError(message)
            is_new = prepare_database(
                url, name=name, app_password=options["app_password"], owner_password=options["owner_password"]
            )
        except psycopg.Error as error:
            raise CommandError(str(error).strip()) from error
        if options["json"]:
            self.stdout.write(json.dumps({"database": name, "created": is_new, "server_version": version}))
            return
        self.stdout.write(f"Database {name} {'made' if is_new else 'was there'}; roles and grants are in place.")
        self.stdout.write("Set DATABASE_URL (aios_app) and DATABASE_OWNER_URL (aios_owner), then: manage.py migrate")

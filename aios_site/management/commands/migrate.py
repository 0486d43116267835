"""`manage.py migrate`, which here means as the tables' owner."""

from django.core.management.base import CommandParser
from django.core.management.commands import migrate


class Command(migrate.Command):
    """Django's command with another default."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Migrate the database `owner`, since the runtime login owns nothing."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

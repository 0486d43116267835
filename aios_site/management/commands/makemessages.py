"""Collects what is to be translated: Django's command, kept to the product's own files and to a form that diffs well."""

from typing import Any

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Writes locale/<language>/LC_MESSAGES/<domain>.po."""

    # The titles of audit actions are declared, and translated where they are shown.
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=register:2"]
    # A changed sentence is translated anew: a guess from a similar one may say the opposite.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def handle(self, *args: Any, **options: Any) -> None:
        """Collect the messages of one domain."""
        options["ignore_patterns"] = [*options["ignore_patterns"], "tests", "vendor", "staticfiles"]
        options |= {"no_obsolete": True, "no_wrap": True, "add_location": "file"}
        super().handle(*args, **options)

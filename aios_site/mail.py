"""Mail for a machine without a mail server: printed to the log, so that what a command prints stays readable by programs."""

import sys
from typing import Any

from django.core.mail.backends import console


class EmailBackend(console.EmailBackend):
    """Django's console backend, on standard error."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("stream", sys.stderr)
        super().__init__(*args, **options)

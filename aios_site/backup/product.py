"""What the backup says of the product that made it."""

import hashlib
import hmac
import tomllib

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

FORMAT = 1


def version() -> str:
    """Return the product's version."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def key_mark() -> str:
    """Return what tells one AIOS_SECRET_KEY from another without giving it away."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"aios-review backup", hashlib.sha256).hex()[:16]


def known_migrations() -> set[tuple[str, str]]:
    """Return the migrations that this code has."""
    return set(MigrationLoader(None).disk_migrations)

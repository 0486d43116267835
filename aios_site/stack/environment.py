"""What the processes of one home share through the environment."""

import os

from aios_site.stack.errors import StackError
from aios_site.stack.home import Home
from aios_site.stack.urls import embedded_urls


def use_home(command: str) -> None:
    """Fill in what the environment leaves open from AIOS_HOME, so that every command finds the stack that `up` runs.

    Only `up` makes a secret key; elsewhere a missing one stays missing, for the settings to complain about.
    """
    home = Home.at()
    os.environ["AIOS_HOME"] = str(home.path)
    urls = embedded_urls(home)
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = urls.database
        os.environ["DATABASE_OWNER_URL"] = urls.owner
    os.environ.setdefault("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
    os.environ.setdefault("REDIS_URL", urls.redis)
    if command == "bench":
        os.environ.setdefault("AIOS_SECRET_KEY", "only-for-benchmarks-" + "x" * 40)
    if "AIOS_SECRET_KEY" not in os.environ and (command == "up" or home.has_secret_key):
        os.environ["AIOS_SECRET_KEY"] = home.secret_key()
    if "AIOS_SECRET_KEY" not in os.environ and command == "restore":
        message = (
            f"restore needs the secret key of the installation that was backed up: put it into {home.path / 'secret-key'}, or set "
            "AIOS_SECRET_KEY. No backup holds it. Where it is lost, set a new one and rotate every webhook secret afterwards."
        )
        raise StackError(message)

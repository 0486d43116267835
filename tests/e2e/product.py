"""The product for the browser tests: a database of its own with the demo workspace, web and sweep under the supervisor."""

import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from aios_site.stack.piece import Piece, Tier
from aios_site.stack.readiness import answers_healthy, listen
from aios_site.stack.supervisor import Supervisor
from aios_site.stack.urls import with_database
from tests.e2e.hands import ROOT, Hands, hands
from tests.stack_plugin import TEMPLATE

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
NAME = f"aios_test_e2e_{_WORKER}"
# Valkey databases from the last one down, where no test process has its own.
_CHANNEL = 15 - int(_WORKER.removeprefix("gw")) % 8
_READY_S = 180  # on a machine that does much else; nobody waits for it to pass


@dataclass(frozen=True, slots=True)
class Login:
    """A demo person's way in."""

    role: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Product:
    """Where it answers, who may come in, and a look behind it."""

    url: str
    logins: dict[str, Login]
    environment: dict[str, str]
    supervisor: Supervisor
    hands: Hands
    desks: dict[str, str] = field(default_factory=dict)

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Return what a statement finds, across workspaces."""
        address = self.environment["AIOS_TEST_ADMIN_URL"]
        with psycopg.connect(address, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def desk(self, name: str, *, items: int, lease_s: int = 300) -> str:
        """Return the key of a queue with so many items, each of which a model that isn't sure has labelled."""
        if name not in self.desks:
            self.hands.run("tests.e2e.furnish", name, str(items), str(lease_s))
            self.desks[name] = name
        return self.desks[name]

    def kill_web(self) -> None:
        """End the web process as a power cut would; nobody starts it again before `restart_web`."""
        process = self.supervisor._running["web"].process
        assert process is not None
        process.kill()
        process.wait()

    def restart_web(self) -> None:
        """Let the supervisor find the web process dead, start it again, and wait until it answers."""
        address = urlsplit(self.url)
        self.supervisor.wait_until(
            lambda: answers_healthy(address.hostname or "", address.port or 0), timeout=_READY_S, what="web"
        )


@contextmanager
def running_product(folder: Path) -> Iterator[Product]:
    """Set the demo workspace up, serve it, and take it all away again."""
    server = os.environ["AIOS_TEST_ADMIN_URL"]
    _make_database(server)
    supervisor = Supervisor()
    with listen("127.0.0.1", 0) as listener:
        environment = _environment(listener.getsockname()[1], folder)
        manage = [sys.executable, str(ROOT / "manage.py")]
        with hands(environment) as helping:
            logins = [Login(**login) for login in json.loads(helping.run("django", "setup_demo", "--json"))]
            by_name = {login.role: login for login in reversed(logins)} | {"colleague": logins[-1]}
            product = Product(environment["AIOS_PUBLIC_URL"], by_name, environment, supervisor, helping)
            try:
                supervisor.start(_web(manage, environment, folder, listener))
                supervisor.start(_piece("sweep", [*manage, "sweep"], environment, folder, tier=Tier.BACKGROUND))
                product.restart_web()
                yield product
            finally:
                supervisor.stop()
    _drop_database(server)


def _web(manage: list[str], environment: Mapping[str, str], folder: Path, listener: socket.socket) -> Piece:
    fd = listener.fileno()
    return _piece("web", [*manage, "web", "--fd", str(fd)], environment, folder, tier=Tier.WEB, pass_fds=(fd,))


def _piece(name: str, argv: list[str], environment: Mapping[str, str], folder: Path, **how: Any) -> Piece:
    return Piece(name=name, argv=argv, env=environment, log=folder / f"{name}.log", cwd=ROOT, **how)


def _environment(port: int, folder: Path) -> dict[str, str]:
    addresses = ("DATABASE_URL", "DATABASE_OWNER_URL", "AIOS_TEST_ADMIN_URL")
    redis = urlsplit(os.environ["REDIS_URL"])
    own_redis = redis._replace(path=f"/{_CHANNEL}").geturl()
    if redis.scheme == "unix":
        own_redis = f"unix://{redis.path}?db={_CHANNEL}"
    return (
        dict(os.environ)
        | {name: with_database(os.environ[name], NAME) for name in addresses}
        | {
            "REDIS_URL": own_redis,
            "AIOS_HOME": str(folder),
            "AIOS_STORAGE_ROOT": str(folder / "files"),
            "AIOS_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "AIOS_ALLOWED_HOSTS": "127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "aios_site.settings",
        }
    )


def _make_database(server: str) -> None:
    _drop_database(server)
    with psycopg.connect(server, autocommit=True) as connection:
        name, template = sql.Identifier(NAME), sql.Identifier(TEMPLATE)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER aios_owner").format(name, template))


def _drop_database(server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))

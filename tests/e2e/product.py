"""The product for the browser tests: a database of its own with the demo workspace, a web process and a sweep process."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from aios_site.stack.readiness import answers_healthy
from aios_site.stack.urls import with_database
from tests.stack_plugin import TEMPLATE

ROOT = Path(__file__).resolve().parents[2]
NAME = "aios_test_e2e"
_CHANNEL = "15"  # a Valkey database that no test process has
_READY_S = 60


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
    admin_url: str

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Return what a statement finds, across workspaces."""
        with psycopg.connect(self.admin_url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running_product(folder: Path) -> Iterator[Product]:
    """Set the demo workspace up, serve it, and take it all away again."""
    server = os.environ["AIOS_TEST_ADMIN_URL"]
    _make_database(server)
    port = _free_port()
    environment = _environment(port, folder)
    logins = [Login(**login) for login in json.loads(_manage(environment, "setup_demo", "--json"))]
    with ExitStack() as stack:
        web = stack.enter_context(_process(environment, folder, "web", "--host", "127.0.0.1", "--port", str(port)))
        stack.enter_context(_process(environment, folder, "sweep"))
        _wait_until_ready(web, port, folder / "web.log")
        by_name = {login.role: login for login in reversed(logins)} | {"colleague": logins[-1]}
        yield Product(f"http://127.0.0.1:{port}", by_name, environment["AIOS_TEST_ADMIN_URL"])
    _drop_database(server)


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


def _manage(environment: Mapping[str, str], *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextmanager
def _process(environment: Mapping[str, str], folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(web: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _READY_S
    while not answers_healthy("127.0.0.1", port):
        assert web.poll() is None, log.read_text(encoding="utf-8")[-2000:]
        assert time.monotonic() < until, f"no answer on port {port} after {_READY_S} s"
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])

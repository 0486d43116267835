"""How the supervisor knows that the product serves, and that the schema is up to date."""

import http.client
import socket

import psycopg
from django.db.migrations.loader import MigrationLoader

from aios_site.stack.errors import StackError


def listen(host: str, port: int) -> socket.socket:
    """Take the port now, so that a taken one is noticed before anything else starts; web processes share the socket."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        message = f"Port {port} of {host} cannot be used ({error}). Choose another one: PORT=8001 make run"
        raise StackError(message) from error
    listener.setblocking(False)
    return listener


def answers_healthy(host: str, port: int) -> bool:
    """Tell whether /healthz answers 200."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(target, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def has_pending_migrations(owner_url: str) -> bool:
    """Tell whether the code knows migrations that the database does not; cheaper than running `migrate`."""
    known = set(MigrationLoader(None).disk_migrations)
    try:
        with psycopg.connect(owner_url) as connection:
            if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
                return True
            applied = set(connection.execute("SELECT app, name FROM django_migrations").fetchall())
    except psycopg.OperationalError as error:
        message = f"The database of DATABASE_OWNER_URL cannot be reached: {str(error).strip()}"
        raise StackError(message) from error
    return not known <= applied

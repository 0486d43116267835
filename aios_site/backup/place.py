"""Which database is meant, who may read and make it, and where its server runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from aios_site.backup.errors import AccessError, BackupError, TargetError
from aios_site.stack.embedded import EmbeddedServices
from aios_site.stack.errors import StackError
from aios_site.stack.home import Home
from aios_site.stack.urls import embedded_urls, with_database

_VISITORS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = %s AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend'"""


@dataclass(frozen=True)
class Place:
    """The product's database and an address with the rights that are needed there."""

    url: str
    admin: str
    name: str
    is_embedded: bool


def place(admin_url: str | None, *, makes_databases: bool = False) -> Place:
    """Return what the environment and --admin-url name."""
    home = Home.at()
    urls, database = embedded_urls(home), os.environ["DATABASE_URL"]
    is_embedded = database == urls.database
    name = str(conninfo_to_dict(database).get("dbname") or "")
    if is_embedded:
        return Place(with_database(urls.admin, name), urls.admin, name, is_embedded=True)
    if admin_url is None and makes_databases:
        message = (
            "Restoring to a server of your own needs --admin-url: a superuser, or a login with CREATEROLE and CREATEDB."
        )
        raise AccessError(message)
    admin = admin_url or os.environ.get("DATABASE_OWNER_URL") or database
    return Place(with_database(admin, name), admin, name, is_embedded=False)


@contextmanager
def running(where: Place) -> Iterator[None]:
    """See to it that the server answers: the embedded one is started for as long as it takes, where nobody runs it."""
    if not where.is_embedded or _answers(where.admin):
        yield
        return
    with _own_services():
        yield


@contextmanager
def stopped(where: Place) -> Iterator[None]:
    """Have the place to oneself: the product must not run there."""
    if where.is_embedded:
        with _own_services():
            yield
        return
    with connect(where.admin) as connection:
        row = connection.execute(_VISITORS, [where.name]).fetchone()
    if row is not None and row[0]:
        message = f"The product runs: {row[0]} connections to the database {where.name}. Stop web, worker, beat and sweep first."
        raise TargetError(message)
    yield


def connect(url: str) -> psycopg.Connection:
    """Connect, or say that it can't be done."""
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        message = f"The database can't be reached: {str(error).strip()}"
        raise BackupError(message) from error


@contextmanager
def _own_services() -> Iterator[None]:
    services = EmbeddedServices(Home.at().path)
    try:
        services.start()
    except StackError as error:
        raise TargetError(str(error)) from error
    try:
        yield
    finally:
        services.stop()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True

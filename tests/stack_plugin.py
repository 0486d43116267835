"""Starts PostgreSQL and Valkey once for the whole test run, and gives every process a database of its own.

With DATABASE_URL, DATABASE_OWNER_URL and AIOS_TEST_ADMIN_URL set, those servers are used instead.
"""

import os
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from aios_site.stack.embedded import EmbeddedServices
from aios_site.stack.roles import prepare_database
from aios_site.stack.urls import with_database
from tests.tables import make_tables, migrate

TEMPLATE = "aios_test_template"
_services: EmbeddedServices | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Prepare the database before pytest-django reads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    os.environ.setdefault("AIOS_SECRET_KEY", "only-for-tests-" + "x" * 50)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["AIOS_LOG_LEVEL"] = "WARNING"
    os.environ["AIOS_EMAIL_BACKEND"] = "django.core.mail.backends.locmem.EmailBackend"
    os.environ.setdefault("AIOS_PUBLIC_URL", "http://testserver")
    os.environ["AIOS_REQUIRE_MFA"] = "0"
    os.environ.setdefault("AIOS_ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
    if worker is None:
        _start()
    _use_own_database(worker or "main")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop what this process started."""
    if _services is not None:
        _services.stop()


def _start() -> None:
    global _services  # noqa: PLW0603 - one per test run
    if "AIOS_TEST_ADMIN_URL" not in os.environ:
        _services = EmbeddedServices.temporary()
        _services.start()
        os.environ["AIOS_HOME"] = str(_services.home)
        os.environ["DATABASE_URL"] = _services.database_url
        os.environ["DATABASE_OWNER_URL"] = _services.owner_url
        os.environ["AIOS_TEST_ADMIN_URL"] = _services.admin_url
        os.environ["REDIS_URL"] = _services.redis_url
    admin = os.environ["AIOS_TEST_ADMIN_URL"]
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(TEMPLATE)))
    prepare_database(admin, name=TEMPLATE)
    environment = os.environ | {
        name: with_database(os.environ[name], TEMPLATE) for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    if _services is None:
        migrate(environment)
    else:
        make_tables(with_database(admin, TEMPLATE), environment)


def _use_own_database(worker: str) -> None:
    name = f"aios_test_{worker}"
    with psycopg.connect(os.environ["AIOS_TEST_ADMIN_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER aios_owner").format(
                sql.Identifier(name),
                sql.Identifier(TEMPLATE),
            ),
        )
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL", "AIOS_TEST_ADMIN_URL"):
        os.environ[variable] = with_database(os.environ[variable], name)
    if worker != "main":
        os.environ["REDIS_URL"] = _numbered(os.environ["REDIS_URL"], (int(worker.removeprefix("gw")) + 1) % 16)


def _numbered(url: str, number: int) -> str:
    """Return the address of another of the server's databases, so that processes do not hear each other."""
    if urlsplit(url).scheme == "unix":
        return url.replace("db=0", f"db={number}")
    return urlsplit(url)._replace(path=f"/{number}").geturl()

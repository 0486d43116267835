"""The three database roles, the database, and what each role may do in it."""

from importlib.resources import files

import psycopg
from psycopg import sql

from aios_site.stack.urls import DATABASE, with_database


def prepare_database(
    admin_url: str,
    *,
    name: str = DATABASE,
    app_password: str | None = None,
    owner_password: str | None = None,
    owner_may_create_databases: bool = False,
) -> bool:
    """Make roles, database and grants where they are missing; tell whether the database is new."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(_script("roles.sql"))
        for role, password in (("aios_app", app_password), ("aios_owner", owner_password)):
            if password:
                admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
        if owner_may_create_databases:
            admin.execute("ALTER ROLE aios_owner CREATEDB")
        is_new = create_database(admin, name)
    with psycopg.connect(with_database(admin_url, name), autocommit=True) as inside:
        prepare_schema(inside)
    return is_new


def create_database(connection: psycopg.Connection, name: str) -> bool:
    """Make a database that belongs to aios_owner unless it exists; tell whether it was made."""
    if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None:
        return False
    statement = sql.SQL("CREATE DATABASE {} OWNER aios_owner ENCODING 'UTF8' TEMPLATE template0")
    connection.execute(statement.format(sql.Identifier(name)))
    return True


def prepare_schema(inside: psycopg.Connection) -> None:
    """Give the roles their rights in the database one is connected to; default privileges are each database's own."""
    inside.execute(_script("grants.sql"))


def _script(name: str) -> bytes:
    return files("aios_site.stack").joinpath(name).read_bytes()

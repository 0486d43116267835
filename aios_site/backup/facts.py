"""What a database holds, in numbers that a restored one must have again."""

from typing import Any

import psycopg
from psycopg import sql

from aios_site.backup.errors import AccessError

_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"""

# How the database protects its rows: what a dump must carry besides them.
_SHAPE = {
    "policies": "SELECT count(*) FROM pg_policies WHERE schemaname = 'public'",
    "forced_tables": """
        SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relrowsecurity AND c.relforcerowsecurity""",
    "triggers": """
        SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND NOT t.tgisinternal AND t.tgenabled = 'O'""",
    "functions_of_definer": """
        SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'public' AND pg_get_userbyid(p.proowner) = 'aios_definer' AND p.prosecdef""",
    "tables_of_owner": """
        SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND pg_get_userbyid(c.relowner) = 'aios_owner'""",
    "rights": """
        SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'S')
           AND pg_get_userbyid(a.grantee) IN ('aios_app', 'aios_definer')""",
    "constraints": """
        SELECT count(*) FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
         WHERE n.nspname = 'public' AND c.contype <> 'n'""",
    "indexes": "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'",
}

# A dump without the right to look past row-level security would hold nothing, and say so nowhere.
_HIDDEN = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relrowsecurity AND NOT EXISTS (
    SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')
       AND pg_get_expr(p.polqual, c.oid) = 'true'
       AND EXISTS (SELECT FROM unnest(p.polroles) r WHERE r <> 0 AND pg_has_role(r, 'USAGE')))"""
_LOOKS_PAST = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


def looks_past_rows(connection: psycopg.Connection) -> bool:
    """Tell whether the login is above row-level security; refuse one that is below it and would see a part only."""
    row = connection.execute(_LOOKS_PAST).fetchone()
    if row is not None and row[0]:
        return True
    hidden = [name for (name,) in connection.execute(_HIDDEN).fetchall()]
    if hidden:
        message = (
            f"This login does not see every row ({', '.join(hidden[:3])} ...), so its backup would not be whole. "
            "Give --admin-url with a superuser, a role with BYPASSRLS, or aios_owner."
        )
        raise AccessError(message)
    return False


def rows_per_table(connection: psycopg.Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    names = [name for (name,) in connection.execute(_TABLES).fetchall()]
    return {name: _one(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.SQL(name))) for name in names}


def shape(connection: psycopg.Connection) -> dict[str, int]:
    """Return how many policies, triggers, rights and the like there are."""
    return {name: _one(connection, query) for name, query in _SHAPE.items()}


def migrations(connection: psycopg.Connection) -> list[list[str]]:
    """Return the migrations that have been applied."""
    rows = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    return [[app, name] for app, name in rows]


def is_prepared(connection: psycopg.Connection) -> bool:
    """Tell whether the product has ever been migrated here."""
    return connection.execute("SELECT to_regclass('public.django_migrations')").fetchone() != (None,)


def size_bytes(connection: psycopg.Connection) -> int:
    """Return what the database takes on its server's disk."""
    return _one(connection, "SELECT pg_database_size(current_database())")


def _one(connection: psycopg.Connection, query: Any) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0

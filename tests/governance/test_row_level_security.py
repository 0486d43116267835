"""Nobody sees another workspace, whatever a query asks for."""

from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction

from governance.domain import uuid7
from tests.conftest import House, leave_workspace

pytestmark = pytest.mark.services

_TENANT_TABLES = """
SELECT c.relname, CASE WHEN c.relname = 'governance_workspace' THEN 'id' ELSE 'workspace_id' END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
   AND (c.relname = 'governance_workspace' OR EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped))
 ORDER BY 1"""


def tenant_tables() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_TENANT_TABLES)
        return list(cursor.fetchall())


def count(table: str, condition: str = "true", *parameters: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}", parameters)
        return int(cursor.fetchone()[0])


def test_the_catalogue_knows_the_tenant_tables(db: None) -> None:
    names = {table for table, _column in tenant_tables()}

    assert {"governance_workspace", "governance_auditevent", "review_item", "routing_workflow"} <= names
    assert len(names) > 40


def test_every_tenant_table_forces_row_level_security(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        forced = {name for (name,) in cursor.fetchall()}

    assert {table for table, _column in tenant_tables()} - forced == set()


def test_the_application_owns_nothing_and_bypasses_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("aios_app", False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = 'aios_app'::regrole")
        assert cursor.fetchone() == (0,)


def test_without_a_workspace_every_tenant_table_is_empty(house: House) -> None:
    house.in_review("Where is my parcel?")
    full = {table for table, _column in tenant_tables() if count(table)}

    leave_workspace()

    assert {"review_item", "review_review", "governance_auditevent", "routing_routingdecision"} <= full
    assert [table for table, _column in tenant_tables() if count(table)] == []


def test_inside_a_workspace_only_its_rows_are_there(house: House) -> None:
    house.in_review("Where is my parcel?")

    others = [
        table for table, column in tenant_tables() if count(table, f"{column} IS DISTINCT FROM %s", house.workspace.id)
    ]

    assert others == []


@pytest.mark.parametrize("destination", ["other", "unknown"])
def test_a_row_of_another_workspace_is_refused(house: House, destination: str) -> None:
    elsewhere = house.other_workspace.id if destination == "other" else uuid7()
    refused = []

    for table, column in tenant_tables():
        with pytest.raises(ProgrammingError, match=r"row-level security|permission denied"), transaction.atomic():
            _insert(table, column, elsewhere)
        refused.append(table)

    assert len(refused) > 40


def test_a_row_never_moves_to_another_workspace(house: House) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE review_queue SET workspace_id = %s", [house.other_workspace.id])


def _insert(table: str, column: str, workspace_id: UUID) -> None:
    """Insert a row that is wrong in nothing but, first of all, its workspace."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod), attgenerated <> '' FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        columns = [(name, kind) for name, kind, is_generated in cursor.fetchall() if not is_generated]
        names = ", ".join(name for name, _kind in columns)
        values = ", ".join("%s" if name == column else _something(kind) for name, kind in columns)
        cursor.execute(f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values})", [workspace_id])


def _something(kind: str) -> str:
    base = kind.partition("(")[0]
    if kind.endswith("[]"):
        return "'{}'"
    simple = {
        "uuid": "gen_random_uuid()",
        "timestamp with time zone": "now()",
        "date": "current_date",
        "boolean": "false",
        "jsonb": "'{}'",
        "bytea": "'x'",
        "tsvector": "''",
    }
    if base in simple:
        return simple[base]
    return "1" if base in {"bigint", "integer", "smallint", "double precision"} else "'x'"

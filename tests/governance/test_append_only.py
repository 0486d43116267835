"""What is written once is never changed, by nobody who can log in."""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from tests.conftest import House

pytestmark = pytest.mark.services

FROZEN = [
    "governance_auditevent",
    "governance_auditpayload",
    "review_decision",
    "review_outcome",
    "review_lateanswer",
    "routing_contract",
    "routing_policyversion",
    "routing_prediction",
    "routing_routingdecision",
]
PARTITIONS = ["governance_auditevent_p0000", "governance_auditevent_p0015", "governance_auditevent_rest"]


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Connection]:
    """A connection as the tables' owner, rolled back."""
    database = settings.DATABASES["owner"]
    with psycopg.connect(
        dbname=database["NAME"],
        host=database["HOST"],
        port=database["PORT"] or None,
        user=database["USER"],
        password=database["PASSWORD"] or None,
    ) as opened:
        yield opened
        opened.rollback()


@pytest.mark.parametrize("table", FROZEN + PARTITIONS)
@pytest.mark.parametrize("verb", ["UPDATE {} SET workspace_id = workspace_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_may_not_change_it(house: House, table: str, verb: str) -> None:
    with (
        pytest.raises(DatabaseError, match=r"permission denied|append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format(table))


@pytest.mark.parametrize("table", FROZEN + PARTITIONS)
def test_not_even_the_owner_truncates_it(owner: psycopg.Connection, table: str) -> None:
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only: TRUNCATE refused"):
        owner.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("verb", ["UPDATE {} SET action = 'forged'", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["governance_auditevent", "governance_auditevent_p0000"])
def test_not_even_the_owner_changes_an_event(owner: psycopg.Connection, table: str, verb: str) -> None:
    """Row-level security hides rows from the owner too; for the length of this test it may see them."""
    owner.execute("CREATE POLICY for_the_test ON governance_auditevent TO aios_owner USING (true)")
    owner.execute("CREATE POLICY for_the_test ON governance_auditevent_p0000 TO aios_owner USING (true)")
    owner.execute(
        "INSERT INTO governance_auditevent (workspace_id, stream_kind, stream_id, stream_seq, actor_kind, actor_pseudonym,"
        " action, commitment) VALUES (gen_random_uuid(), 'x', gen_random_uuid(), 1, 'system', gen_random_uuid(), 'x', '')",
    )

    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        owner.execute(verb.format(table))


def test_every_partition_refuses_truncation(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.inhrelid::regclass::text FROM pg_inherits i WHERE i.inhparent = 'governance_auditevent'::regclass"
            " AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = i.inhrelid AND t.tgname = 'refuse_truncate')",
        )
        assert cursor.fetchall() == []

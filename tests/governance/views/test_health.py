"""Whether the product says truly that it serves and that it is ready."""

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.views import health


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_seen_complete", False)


def test_the_process_serves_without_asking_the_database(client: Client, db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/healthz")
    assert (response.status_code, response.json(), len(queries)) == (200, {"status": "ok"}, 0)


def test_ready_with_everything_there(client: Client, db: None) -> None:
    response = client.get("/readyz")
    told = {"status": "ok", "database": "ok", "migrations": "ok", "broker": "ok"}
    assert (response.status_code, response.json()) == (200, told)


def test_without_the_broker_it_is_degraded_and_still_ready(
    client: Client,
    db: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_key: str) -> None:
        raise ConnectionError

    monkeypatch.setattr(cache, "get", refuse)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"], response.json()["broker"]) == (200, "degraded", "down")


def test_with_migrations_missing_it_is_not_ready(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda _self, _targets: ["one"])
    response = client.get("/readyz")
    assert (response.status_code, response.json()["migrations"]) == (503, "missing")


def test_without_the_database_it_is_not_ready(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        broken.setattr(connection, "close", lambda: None)
        response = client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "down")

"""Whether the product says truly that it serves and that it is ready."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.models import Heartbeat
from governance.selectors import readiness
from governance.selectors.heartbeats import LATE_AFTER_S
from governance.services.heartbeats import beat
from tests.conftest import House
from tests.governance.services.test_heartbeats import publishable


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_seen_complete", False)


@pytest.fixture
def all_beat(db: None) -> None:
    for name in LATE_AFTER_S:
        beat(name)


def test_the_process_serves_without_asking_the_database(client: Client, db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/healthz")
    assert (response.status_code, response.json(), len(queries)) == (200, {"status": "ok"}, 0)


def test_ready_with_everything_there(client: Client, all_beat: None) -> None:
    response = client.get("/readyz")
    told = response.json()
    assert (response.status_code, told["status"], told["reasons"]) == (200, "ok", [])
    assert list(told["parts"]) == ["database", "migrations", "broker", *LATE_AFTER_S, "outbox"]
    assert told["parts"]["relay"]["lag_s"] < told["parts"]["relay"]["late_after_s"]


def test_a_loop_that_stands_still_is_named_with_its_lag(client: Client, all_beat: None) -> None:
    Heartbeat.objects.filter(name="relay").update(beat_at=timezone.now() - timedelta(seconds=300))
    Heartbeat.objects.filter(name="canary").delete()
    response = client.get("/readyz")
    told = response.json()
    assert (response.status_code, told["status"]) == (200, "degraded")
    assert [reason.split(" (")[0] for reason in told["reasons"]] == ["relay is late", "canary has not been seen yet"]
    assert told["parts"]["relay"]["lag_s"] >= 299
    assert told["parts"]["canary"] == {"status": "never", "lag_s": None, "late_after_s": LATE_AFTER_S["canary"]}


def test_a_message_that_nobody_publishes_makes_the_outbox_late(client: Client, house: House, all_beat: None) -> None:
    publishable(house, due_in_s=-600)
    told = client.get("/readyz").json()
    assert (told["status"], told["parts"]["outbox"]["status"]) == ("degraded", "late")


def test_without_the_broker_it_is_degraded_and_still_ready(
    client: Client,
    all_beat: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_key: str) -> None:
        raise ConnectionError

    monkeypatch.setattr(cache, "get", refuse)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["reasons"]) == (200, ["broker is down"])


def test_with_migrations_missing_it_is_not_ready(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda _self, _targets: ["one"])
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "unavailable")
    assert response.json()["parts"]["migrations"] == {"status": "missing"}


def test_a_read_only_database_is_a_degraded_one(client: Client, all_beat: None, read_only: Callable[[], None]) -> None:
    read_only()
    response = client.get("/readyz")
    assert (response.status_code, response.json()["reasons"]) == (200, ["database is read_only"])


@pytest.fixture
def read_only(db: None) -> Callable[[], None]:
    """Let the open transaction write nothing more, as on a standby."""

    def begin() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")

    return begin

"""Numbers for Prometheus, and who may read them."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from governance.models import Delivery
from governance.services.heartbeats import beat
from review.views import metrics
from tests.conftest import House
from tests.delivering import endpoint_of, publish


def test_queues_and_pipeline_are_gauges_of_the_present(house: House, client: Client) -> None:
    house.in_review("one", "two")
    house.receive("waits")
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    depth = {sample.labels["queue"]: sample.value for sample in families["aios_queue_depth"].samples}
    assert depth == {"triage": 2.0, "escalations": 0.0}
    (lag,) = families["aios_pipeline_lag_seconds"].samples
    assert (lag.labels["workflow"], lag.labels["workspace"]) == ("support-triage", str(house.workspace.id))
    assert families["aios_database_up"].samples[0].value == 1.0
    assert "aios_items_received" in families


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "192.0.2.7", {}, 403),
        ("", "", {}, 403),
        ("", "127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403),
        ("", "192.0.2.7", {"Authorization": "Bearer "}, 403),
        ("secret", "192.0.2.7", {"Authorization": "Bearer secret"}, 200),
        ("secret", "192.0.2.7", {"Authorization": "Bearer secrets"}, 403),
        ("secret", "127.0.0.1", {"X-Forwarded-For": "192.0.2.7", "Authorization": "Bearer secret"}, 200),
    ],
)
def test_only_this_machine_or_the_token_may_read(
    db: None,
    client: Client,
    settings: Any,
    token: str,
    address: str,
    headers: dict[str, str],
    status: int,
) -> None:
    settings.AIOS_METRICS_TOKEN = token
    assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status


def test_without_a_database_it_says_so(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError

    monkeypatch.setattr(metrics, "queue_gauges", refuse)
    response = client.get("/metrics")
    assert response.status_code == 200
    assert "aios_database_up 0.0" in response.text


def test_loops_and_broker_are_gauges_too(client: Client, db: None) -> None:
    beat("relay")
    text = client.get("/metrics").content.decode()
    assert 'aios_loop_lag_seconds{loop="relay"}' in text
    assert "aios_outbox_lag_seconds 0.0" in text
    assert "aios_broker_up 1.0" in text


def test_deliveries_that_are_not_settled_are_counted(house: House, client: Client) -> None:
    endpoint_of(house)
    house.in_review("one", "two", confidence=0.95)
    publish(house)
    Delivery.objects.filter(id=Delivery.objects.values("id")[:1]).update(state="sending", lease_until=timezone.now())
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    counted = {sample.labels["state"]: sample.value for sample in families["aios_deliveries_unsettled"].samples}
    assert counted == {"pending": 1.0, "sending": 1.0}

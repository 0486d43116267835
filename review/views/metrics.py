"""Numbers for Prometheus: what the processes counted, and how full queues and pipeline are now."""

import os
from collections.abc import Iterator
from http import HTTPStatus
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from governance.selectors.heartbeats import lags, outbox_lag
from governance.selectors.readiness import is_broker_up
from review.selectors.gauges import delivery_gauges, lag_gauges, queue_gauges

log = structlog.get_logger(__name__)


class DatabaseCollector(Collector):
    """Reads the present from database and broker; without a database it says so and nothing more of it."""

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        is_up = GaugeMetricFamily("aios_database_up", "Whether the database answered")
        try:
            with transaction.atomic():
                found = [*_queues(), _lag(), _deliveries(), *_loops()]
        except Error as failure:
            log.warning("database_unreachable", error=str(failure).strip())
            found = []
        is_up.add_metric([], 1 if found else 0)
        yield is_up
        yield GaugeMetricFamily("aios_broker_up", "Whether Valkey answered", value=int(is_broker_up()))
        yield from found


@never_cache
@require_safe
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer scrapers on this machine, and those that carry the token."""
    if not _may_read(request):
        return HttpResponse("Forbidden\n", status=HTTPStatus.FORBIDDEN, content_type="text/plain")
    body = generate_latest(_counted()) + generate_latest(_present())
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _counted() -> CollectorRegistry:
    """Return the counters of every process that shares the folder, or of this one alone."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return registry


def _present() -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DatabaseCollector())
    return registry


def _queues() -> list[Metric]:
    named = {
        "depth": GaugeMetricFamily(
            "aios_queue_depth", "Open reviews, counted up to 10,000", labels=["workspace", "queue"]
        ),
        "overdue": GaugeMetricFamily(
            "aios_queue_overdue", "Open reviews past their due time", labels=["workspace", "queue"]
        ),
        "leased": GaugeMetricFamily("aios_queue_leased", "Reviews that a person holds", labels=["workspace", "queue"]),
        "oldest_s": GaugeMetricFamily(
            "aios_queue_oldest_seconds", "Age of the oldest item", labels=["workspace", "queue"]
        ),
    }
    for queue in queue_gauges():
        for name, gauge in named.items():
            gauge.add_metric([str(queue.workspace_id), queue.key], getattr(queue, name))
    return list(named.values())


def _lag() -> Metric:
    gauge = GaugeMetricFamily(
        "aios_pipeline_lag_seconds",
        "How long the oldest received item has waited for its model",
        labels=["workspace", "workflow"],
    )
    for lag in lag_gauges():
        gauge.add_metric([str(lag.workspace_id), lag.workflow_key], lag.lag_s)
    return gauge


def _deliveries() -> Metric:
    gauge = GaugeMetricFamily(
        "aios_deliveries_unsettled", "Deliveries that wait or are being sent, counted up to 100,000", labels=["state"]
    )
    for state, total in delivery_gauges().items():
        gauge.add_metric([state], total)
    return gauge


def _loops() -> list[Metric]:
    loops = GaugeMetricFamily(
        "aios_loop_lag_seconds",
        "Since the last round of sweeper, ticker, relay and deliverer, and of the canary through broker and worker",
        labels=["loop"],
    )
    for name, lag_s in lags().items():
        if lag_s is not None:
            loops.add_metric([name], lag_s)
    text = "How long the oldest due message has waited to be published"
    return [loops, GaugeMetricFamily("aios_outbox_lag_seconds", text, value=outbox_lag())]


def _may_read(request: HttpRequest) -> bool:
    """Tell whether the caller has the token, or sits on this machine and is not a proxy for somebody else."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.AIOS_METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(token.strip(), settings.AIOS_METRICS_TOKEN)
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False

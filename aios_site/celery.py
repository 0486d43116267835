"""Celery: a message is a wake-up hint and carries at most an id; the truth is in PostgreSQL."""

import os
from importlib import import_module
from typing import Any

import structlog
from billiard import current_process
from celery import Celery, signals
from django.conf import settings
from django.db import connections

from aios_site.stack.process import die_with_parent
from aios_site.worker_stop import InterruptibleTask, stop_within

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")

app = Celery("aios", task_cls=InterruptibleTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["governance", "routing", "review"])


@signals.setup_logging.connect
def _keep_our_logging(**_kwargs: Any) -> None:
    """Keep Celery from replacing the logging that the settings configured."""


@signals.worker_init.connect
def _load_model_libraries(**_kwargs: Any) -> None:
    """Load what models need before the pool forks: the processes share it, and no first item waits for it."""
    import_module("skops.io")


@signals.worker_init.connect
def _let_hints_go(**_kwargs: Any) -> None:
    """Put no hint back where the broker has vanished: the rows are the truth, and Kombu's attempt can end the worker."""
    app.connection_for_read().get_transport_cls().Channel.do_restore = False


@signals.worker_process_init.connect
def _start_clean(**_kwargs: Any) -> None:
    """Die with the worker, and share no connection with it."""
    die_with_parent(parent=current_process()._parent_pid)
    connections.close_all()


@signals.worker_shutting_down.connect
def _stop_in_time(**_kwargs: Any) -> None:
    """Have tasks finish or hand back what they hold before whoever stops the worker loses patience."""
    stop_within(settings.AIOS_WORKER_GRACE_S)


@signals.task_prerun.connect
def _bind_correlation(task: Any = None, **_kwargs: Any) -> None:
    """Log under the correlation id of the request that announced the work."""
    structlog.contextvars.clear_contextvars()
    correlation_id = getattr(task.request, "correlation", None) if task else None
    if correlation_id:
        structlog.contextvars.bind_contextvars(correlation_id=correlation_id)

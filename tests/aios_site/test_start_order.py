"""Processes started before what they need: they wait, and begin by themselves once it is there."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from aios_site.stack.embedded import EmbeddedServices
from tests.own_product import free_port
from tests.processes import ROOT, eventually, running


def test_everything_may_start_before_database_and_migrations(tmp_path_factory: pytest.TempPathFactory) -> None:
    services = EmbeddedServices.temporary()
    environment = {
        "DATABASE_URL": services.database_url,
        "DATABASE_OWNER_URL": services.owner_url,
        "REDIS_URL": services.redis_url,
        "AIOS_HOME": str(services.home),
        "AIOS_ALLOWED_HOSTS": "127.0.0.1",
    }
    port = free_port()
    logs = tmp_path_factory.mktemp("logs")
    with (
        running(logs, "web", "--port", str(port), **environment) as web,
        running(logs, "worker", "--concurrency", "1", **environment) as worker,
        running(logs, "beat", **environment) as beat,
        running(logs, "sweep", **environment) as sweep,
    ):
        everybody = (web, worker, beat, sweep)
        waiting = (worker, beat, sweep)
        eventually(lambda: ask(port, "/healthz")[0] == 200, what="healthz")
        eventually(
            lambda: all(process.said("[aios_site.waiting]") == 1 for process in everybody),
            what="waiting for the database",
        )
        assert ask(port, "/readyz") == (503, "unavailable")
        assert ask(port, "/api/v1/me/") == (503, "unavailable")
        assert ask(port, "/")[0] == 503

        with services:
            eventually(lambda: all(process.said("missing=migrations") == 1 for process in everybody), what="migrations")
            assert ask(port, "/readyz") == (503, "unavailable")
            assert ask(port, "/api/v1/me/") == (503, "unavailable")
            assert not any(process.said("leading") + process.said("ready.") for process in waiting)

            migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
            subprocess.run(migrate, env=os.environ | environment, check=True)
            eventually(lambda: ask(port, "/readyz")[0] == 200, what="ready")
            eventually(lambda: canary(port) == "ok", what="the canary came through")
            assert ask(port, "/api/v1/me/") == (401, "not_authenticated")
            assert all(process.is_running for process in everybody)


def canary(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
        status: str = json.load(answer)["parts"]["canary"]["status"]
    return status


def ask(port: int, path: str) -> tuple[int, str]:
    """Return a call's HTTP status and, of JSON, its code or status."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            status, body = refusal.code, refusal.read()
    except OSError:
        return 0, ""
    try:
        told = json.loads(body)
    except ValueError:
        return status, ""
    return status, told.get("code") or told.get("status")

"""A product of the test's own: servers that may be killed, web, worker and sweep on them, and callers with tokens."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from aios_site.stack.embedded import EmbeddedServices
from aios_site.stack.supervisor import Running
from aios_site.stack.urls import DATABASE, with_database
from tests.processes import ROOT, Process, running
from tests.tables import make_tables

ITEMS = "/api/v1/workflows/support-triage/items/"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call got."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return str(self.json.get("code", ""))


@dataclass
class OwnProduct:
    """Everything of one installation, by name."""

    services: EmbeddedServices
    environment: dict[str, str]
    logs: Path
    port: int
    tokens: dict[str, str] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    sent: int = 0

    def call(self, method: str, path: str, body: Any = None, *, role: str = "", timeout_s: float = 30) -> Answer:
        """Call the web process once, on a connection of its own; status 0 where nobody is there."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, headers, answer.read().decode())
        except OSError:
            return Answer(0, {}, "{}")
        finally:
            connection.close()

    def send_item(self) -> Answer:
        """Send one new item, with a prediction that sends it to people."""
        self.sent += 1
        prediction = {"label": "billing", "confidence": 0.5, "top": [["billing", 0.5]]}
        item = {"external_id": f"n-{self.sent}", "payload": {"text": "hello"}, "predictions": [prediction]}
        return self.call("POST", ITEMS, item, role="integrator")

    def review_one(self) -> tuple[Answer, Answer]:
        """Claim one review and decide it."""
        claimed = self.call("POST", "/api/v1/claim/", {"count": 1}, role="reviewer")
        review = claimed.json["reviews"][0]
        answer = {"fence": review["fence"], "action": "accept", "active_ms": 1000}
        return claimed, self.call("POST", f"/api/v1/reviews/{review['id']}/decide/", answer, role="reviewer")

    def part(self, name: str) -> str:
        """Return what /readyz says of a part."""
        return str(self.call("GET", "/readyz").json.get("parts", {}).get(name, {}).get("status"))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database as its administrator, across all workspaces."""
        with self.admin() as admin:
            return admin.execute(statement.encode()).fetchall()

    def admin(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Return a connection of the administrator to the product's database."""
        return psycopg.connect(self.admin_url, autocommit=True)

    @property
    def admin_url(self) -> str:
        """Where the administrator reaches the product's database."""
        return with_database(self.services.admin_url, DATABASE)

    def states(self) -> dict[str, int]:
        """Return how many items there are in each state."""
        return dict(self.rows("SELECT state, count(*) FROM review_item GROUP BY state"))

    def end_connections(self) -> None:
        """End every connection of the product, as a failover does."""
        self.rows("SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE usename = 'aios_app'")

    def kill(self, service: str) -> None:
        """Kill a server as a power cut would."""
        process = self._service(service).process
        assert process is not None
        process.kill()
        process.wait()

    def pause(self, service: str, *, is_paused: bool) -> None:
        """Have a server accept and never answer, or go on."""
        process = self._service(service).process
        assert process is not None
        process.send_signal(signal.SIGSTOP if is_paused else signal.SIGCONT)

    def start_again(self, service: str) -> None:
        """Start a killed server and wait until it answers."""
        server = self._service(service)
        server.process, server.ready = None, False
        self.services._supervisor._spawn(server)
        self.services._supervisor.wait_ready(service)

    def _service(self, name: str) -> Running:
        return self.services._supervisor._running[name]


@contextmanager
def own_product(folder: Path, *commands: str, **environment: str) -> Iterator[OwnProduct]:
    """Bring up servers, schema, the cast of the tests, web, and what else is named (worker, sweep)."""
    with ExitStack() as stack:
        services = stack.enter_context(EmbeddedServices.temporary())
        product = OwnProduct(
            services,
            {
                "DATABASE_URL": services.database_url,
                "DATABASE_OWNER_URL": services.owner_url,
                "REDIS_URL": services.redis_url,
                "AIOS_HOME": str(services.home),
                "AIOS_ALLOWED_HOSTS": "127.0.0.1",
            }
            | environment,
            folder,
            free_port(),
        )
        make_tables(product.admin_url, os.environ | product.environment)
        product.tokens = json.loads(run(product, "-m", "tests.furnish"))
        wanted = {"web": ("web", "--port", str(product.port)), "worker": ("worker", "--concurrency", "2")}
        for name in ("web", *commands):
            arguments = wanted.get(name, (name,))
            product.processes[name] = stack.enter_context(running(folder, *arguments, **product.environment))
        give_up = time.monotonic() + 180
        while product.call("GET", "/readyz").status != 200:
            assert time.monotonic() < give_up, product.processes["web"].log.read_text()
            time.sleep(0.1)
        yield product


def run(product: OwnProduct, *arguments: str) -> str:
    """Run Python in the product's environment and return what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | product.environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return done.stdout


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port

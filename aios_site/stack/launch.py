"""Bringing up the whole product in one process tree, in the order in which the parts need each other."""

import os
import shutil
import socket
import sys
from pathlib import Path

from aios_site import env
from aios_site.stack.home import Home
from aios_site.stack.piece import Piece, Tier
from aios_site.stack.readiness import answers_healthy, has_pending_migrations
from aios_site.stack.services import start_services
from aios_site.stack.supervisor import Supervisor, say
from aios_site.stack.urls import embedded_urls

PROJECT = Path(__file__).resolve().parents[2]
_SET_UP_SECONDS = 600
_SERVE_SECONDS = 120
# After which a worker makes its tasks hand back what they hold; then it needs a moment to do so.
_WORKER_GRACE_SECONDS = env.number("AIOS_WORKER_GRACE_S", 2, most=200)


class Stack:
    """One running product: services, schema, demo, web, worker, beat, sweep."""

    def __init__(self, supervisor: Supervisor, home: Home, listener: socket.socket, *, demo: bool) -> None:
        self._supervisor = supervisor
        self._home = home
        self._listener = listener
        self._demo = demo
        # Every process writes its counters there, and whichever serves /metrics adds them up.
        self._metrics = home.path / "metrics"
        self._env = dict(os.environ) | {
            "PYTHONUNBUFFERED": "1",
            "AIOS_SUPERVISED": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(self._metrics),
        }

    def bring_up(self) -> list[str]:
        """Start everything and return, once the product serves, notes on where data lies."""
        urls = embedded_urls(self._home)
        own_database = os.environ["DATABASE_URL"] != urls.database
        own_redis = os.environ["REDIS_URL"] != urls.redis
        if not (own_database and own_redis):
            what = [name for name, own in (("PostgreSQL", own_database), ("Valkey", own_redis)) if not own]
            say(f"Starting {' and '.join(what)} ...")
        shutil.rmtree(self._metrics, ignore_errors=True)
        self._metrics.mkdir(parents=True)
        notes = start_services(self._supervisor, self._home, postgres=not own_database, valkey=not own_redis)
        is_fresh = has_pending_migrations(os.environ["DATABASE_OWNER_URL"])
        if is_fresh:
            say("Preparing the database ...")
            self._supervisor.run(self._manage("migrate", "--database", "owner", "--no-input"), timeout=_SET_UP_SECONDS)
        if self._demo and (is_fresh or not self._home.logins.exists()):
            say("Setting up the demo workspace ...")
            self._supervisor.run(self._manage("setup_demo"), timeout=_SET_UP_SECONDS)
        say("Starting web, worker, beat, sweep ...")
        self._start_web()
        self._start_background()
        return notes

    def _start_web(self) -> None:
        fd = self._listener.fileno()
        for number in (1, 2):
            name = f"web-{number}"
            self._supervisor.start(self._manage("web", "--fd", str(fd), name=name, tier=Tier.WEB, pass_fds=(fd,)))
        host, port = self._listener.getsockname()[:2]
        self._supervisor.wait_until(lambda: answers_healthy(host, port), timeout=_SERVE_SECONDS, what="/healthz")

    def _start_background(self) -> None:
        for command in ("worker", "beat", "sweep"):
            self._supervisor.start(self._manage(command, tier=Tier.BACKGROUND))

    def _manage(
        self,
        command: str,
        *arguments: str,
        name: str | None = None,
        tier: Tier = Tier.BACKGROUND,
        pass_fds: tuple[int, ...] = (),
    ) -> Piece:
        name = name or command
        return Piece(
            name=name,
            argv=[sys.executable, str(PROJECT / "manage.py"), command, *arguments],
            env=self._env,
            log=self._home.logs / f"{name}.log",
            tier=tier,
            cwd=PROJECT,
            pass_fds=pass_fds,
            stop_seconds=5.5 if tier is Tier.WEB else _WORKER_GRACE_SECONDS + 2.5,
        )

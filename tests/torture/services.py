"""PostgreSQL and Valkey of the test, which can be killed and started again one by one."""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from aios_site.stack.home import Home, HomeLock
from aios_site.stack.logfile import open_log
from aios_site.stack.piece import Piece, spawn
from aios_site.stack.postgres import Postgres
from aios_site.stack.process import kill_group
from aios_site.stack.programs import find_programs
from aios_site.stack.roles import prepare_database
from aios_site.stack.supervisor import Supervisor
from aios_site.stack.urls import embedded_urls, with_database
from aios_site.stack.valkey import Valkey

_READY_S = 60.0


class Services:
    """The embedded services without their supervisor; used from the main thread, since they die with it."""

    def __init__(self, folder: Path) -> None:
        self.home = Home.at(folder)
        self.urls = embedded_urls(self.home)
        self._lock = HomeLock(self.home)
        self._pieces: dict[str, Piece] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start both and prepare the roles."""
        self._lock.acquire()
        programs = find_programs()
        # A killed server loses nothing that it wrote; only a machine's end would, and that is not tried here.
        postgres = Postgres(self.home, programs, durable=False)
        if postgres.is_new:
            Supervisor().run(postgres.initdb(), timeout=120)
            postgres.adopt()
        self._pieces = {"postgres": postgres.piece(), "valkey": Valkey(self.home, programs).piece()}
        for name in self._pieces:
            self.start_one(name)
        prepare_database(self.urls.admin, owner_may_create_databases=True)

    def start_one(self, name: str) -> None:
        """Start one of them and wait until it answers."""
        piece = self._pieces[name]
        piece.before_start()
        with open_log(piece.log) as log:
            self._running[name] = spawn(piece, log)
        give_up = time.monotonic() + _READY_S
        while not piece.is_ready():
            if time.monotonic() > give_up or self._running[name].poll() is not None:
                message = f"{name} did not come back; see {piece.log}"
                raise RuntimeError(message)
            time.sleep(0.05)

    def kill(self, name: str) -> None:
        """End one of them as the kernel would."""
        process = self._running[name]
        process.kill()
        process.wait()
        if name == "valkey":
            kill_group(process.pid)

    def flush(self) -> None:
        """Empty Valkey."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(self.home.valkey_socket))
            connection.sendall(b"FLUSHALL\r\n")
            connection.recv(16)

    def admin(self, database: str) -> psycopg.Connection:
        """Connect as superuser, whom no row-level security holds."""
        # Never waits for a lock: a process that is frozen with one can only be thawed by whoever asks here.
        return psycopg.connect(
            with_database(self.urls.admin, database),
            autocommit=True,
            connect_timeout=5,
            options="-c lock_timeout=500 -c statement_timeout=20000",
        )

    def make_database(self, name: str, template: str) -> None:
        """Make a round's database from a migrated one."""
        with psycopg.connect(self.urls.admin, autocommit=True) as admin:
            names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(**names))
            admin.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template} OWNER aios_owner").format(**names))

    def prepare_template(self, name: str) -> None:
        """Make an empty database with roles and grants, for migrations to fill."""
        prepare_database(self.urls.admin, name=name)

    def stop(self) -> None:
        """End both."""
        for name, process in self._running.items():
            with suppress(ProcessLookupError):
                process.send_signal(self._pieces[name].stop_signal)
        for name, process in self._running.items():
            try:
                process.wait(self._pieces[name].stop_seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT if name == "postgres" else signal.SIGKILL)
                process.wait(10)
            kill_group(process.pid)
        self._running.clear()
        self.home.forget_runtime()
        self._lock.release()

    def environment(self, database: str, product: Path) -> dict[str, str]:
        """Return what a process of the product needs to use them."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("AIOS_", "DATABASE_", "REDIS_"))
        }
        return kept | {
            "AIOS_HOME": str(self.home.path),
            "AIOS_LOG_LEVEL": "INFO",
            "AIOS_PUBLIC_URL": "http://review.example",
            "AIOS_ALLOWED_HOSTS": "localhost,127.0.0.1,review.example",
            "AIOS_REQUIRE_MFA": "0",
            "AIOS_SECRET_KEY": "only-for-torture-" + "x" * 50,
            "DATABASE_OWNER_URL": with_database(self.urls.owner, database),
            "DATABASE_URL": with_database(self.urls.database, database),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(product),
            "PYTHONUNBUFFERED": "1",
            "REDIS_URL": self.urls.redis,
        }

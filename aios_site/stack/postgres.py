"""The embedded PostgreSQL: one cluster per home, a Unix socket only, logins by operating-system account."""

import locale
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from aios_site.stack.errors import StackError
from aios_site.stack.home import SYSTEM_FOLDER, Home, private_folder
from aios_site.stack.piece import Piece, Tier
from aios_site.stack.postgres_settings import hba, ident, settings
from aios_site.stack.process import Account, processes_matching
from aios_site.stack.programs import Programs
from aios_site.stack.urls import embedded_urls

_LEFTOVER_SECONDS = 6.0


class Postgres:
    """The PostgreSQL of one home: makes the cluster, writes its settings, describes its process."""

    def __init__(self, home: Home, programs: Programs, *, durable: bool = True) -> None:
        self._home = home
        self._programs = programs
        self._durable = durable
        self._account = Account.for_services()
        self._cluster = f"aios-{home.key}"
        self.data = _data_folder(home, self._account)

    @property
    def is_new(self) -> bool:
        """Tell whether the cluster has yet to be made."""
        return not (self.data / "PG_VERSION").exists()

    def initdb(self) -> Piece:
        """Return the one-off process that makes a cluster beside its final place; a broken attempt leaves none."""
        draft = self._draft
        if draft.exists():
            shutil.rmtree(draft)
        private_folder(draft, self._account.uid, self._account.gid)
        argv = [
            str(self._programs.postgres_bin / "initdb"),
            f"--pgdata={draft}",
            "--username=postgres",
            "--auth=peer",
            "--encoding=UTF8",
            *_locale_options(),
            "--no-instructions",
            *([] if self._durable else ["--no-sync"]),
        ]
        return Piece("initdb", argv, self._env, self._log, Tier.SERVICE, self._account)

    def adopt(self) -> None:
        """Put a finished cluster in its place."""
        self._draft.rename(self.data)

    def piece(self) -> Piece:
        """Return the server's process."""
        return Piece(
            name="postgres",
            argv=[str(self._programs.postgres_bin / "postgres"), "-D", str(self.data)],
            env=self._env,
            log=self._log,
            tier=Tier.SERVICE,
            account=self._account,
            stop_signal=signal.SIGINT,
            stop_seconds=4.0,
            last_signal=signal.SIGQUIT,
            death_signal=signal.SIGQUIT,
            before_start=self._before_start,
            is_ready=self.is_ready,
        )

    def is_ready(self) -> bool:
        """Tell whether the server accepts a login."""
        try:
            psycopg.connect(embedded_urls(self._home).admin, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _draft(self) -> Path:
        return self.data.with_name("postgres.draft")

    @property
    def _log(self) -> Path:
        return self._home.logs / "postgres.log"

    @property
    def _env(self) -> dict[str, str]:
        # Nothing of the product's environment: the server needs no secret.
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "LC_ALL": _ctype(), "TZ": "UTC", "AIOS_HOME": str(self._home.path)}

    def _before_start(self) -> None:
        """End what a killed server left behind, then write settings; the caller holds the home's lock."""
        self._end_leftovers()
        owner = self.data.stat().st_uid
        if owner != self._account.uid:
            message = f"The database in {self.data} belongs to another account (uid {owner}); start as that one."
            raise StackError(message)
        private_folder(self._home.runtime, self._account.uid, self._account.gid)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for stale in self._home.runtime.glob(".s.PGSQL.*"):
            stale.unlink()
        people = {Account.current().name, self._account.name}
        self._write("postgresql.conf", settings(self._home, self._cluster, durable=self._durable))
        self._write("pg_hba.conf", hba())
        self._write("pg_ident.conf", ident(people))

    def _end_leftovers(self) -> None:
        # Servers of a lost postmaster carry the cluster's name in their title; the postmaster carries its folder.
        marks = (f"postgres: {self._cluster}:".encode(), f"\0-D\0{self.data}\0".encode())
        give_up = time.monotonic() + _LEFTOVER_SECONDS
        sent: signal.Signals = signal.SIGQUIT
        while left := processes_matching(_mentions(marks)):
            if time.monotonic() > give_up:
                message = f"An earlier PostgreSQL of {self.data} does not end (processes {left})."
                raise StackError(message)
            for pid in left:
                _signal(pid, sent)
            time.sleep(0.3 if sent is signal.SIGQUIT else 0.05)
            sent = signal.SIGKILL

    def _write(self, name: str, text: str) -> None:
        file = self.data / name
        file.write_text(text, encoding="utf-8")
        if os.geteuid() == 0:
            os.chown(file, self._account.uid, self._account.gid)
        file.chmod(0o600)


def _data_folder(home: Home, account: Account) -> Path:
    """Return where the cluster lies: in the home, or where the account that runs PostgreSQL can reach it."""
    usual, elsewhere = home.path / "postgres", SYSTEM_FOLDER / home.key / "postgres"
    if os.geteuid() != 0:
        return usual
    if elsewhere.exists():
        return elsewhere
    if account.can_enter(home.path):
        return usual
    if usual.exists():
        message = f"The database is in {usual}, which the account {account.name} cannot reach; allow it (chmod o+x)."
        raise StackError(message)
    elsewhere.parent.mkdir(parents=True, exist_ok=True)
    for folder in (elsewhere.parent, SYSTEM_FOLDER):
        folder.chmod(folder.stat().st_mode | 0o711)
    return elsewhere


def _locale_options() -> list[str]:
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", f"--lc-ctype={_ctype()}"]


def _ctype() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def _mentions(marks: tuple[bytes, ...]) -> Callable[[bytes], bool]:
    return lambda command_line: any(mark in command_line for mark in marks)


def _signal(pid: int, sig: signal.Signals) -> None:
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        return
    except PermissionError as error:
        message = f"An earlier PostgreSQL (process {pid}) of this AIOS_HOME runs as another account; end it first."
        raise StackError(message) from error

"""The ground a benchmark runs on: the product's own processes on scratch services, and what they cost in CPU."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

PROJECT = Path(__file__).resolve().parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_READY_S = 60


@dataclass
class Ground:
    """Processes of the product that a benchmark started; their environment names the scratch services."""

    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    port: int = 0

    def start(self, name: str, *arguments: str) -> None:
        """Start one `manage.py` command in a group of its own."""
        self.processes[name] = subprocess.Popen(
            [sys.executable, str(PROJECT / "manage.py"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"AIOS_LOG_LEVEL": "ERROR"},
            start_new_session=True,
        )

    def serve(self, processes: int = 2) -> None:
        """Start web processes and wait until they answer."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start("web", "web", "--host", "127.0.0.1", "--port", str(self.port), "--processes", str(processes))
        wait_until(self._is_serving, _READY_S, "the web processes did not answer")

    def stop(self) -> None:
        """End every process that was started, and what it started."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def cpu_s(self, name: str) -> float:
        """Return the CPU seconds that a started command's process group has used."""
        leader = self.processes[name].pid
        return _cpu_of(lambda _pid, _parent, group: group == leader)

    def _is_serving(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
        return False


@contextmanager
def ground() -> Iterator[Ground]:
    """Return an empty ground and end what was started on it."""
    started = Ground()
    try:
        yield started
    finally:
        started.stop()


def database_cpu_s() -> float:
    """Return the CPU seconds of the scratch PostgreSQL's processes; its socket's lock file names the first of them."""
    folder, port = settings.DATABASES["default"]["HOST"], settings.DATABASES["default"]["PORT"]
    postmaster = int((Path(folder) / f".s.PGSQL.{port}.lock").read_text().split()[0])
    return _cpu_of(lambda pid, parent, _group: postmaster in (pid, parent))


def wait_until(is_done: Callable[[], bool], timeout_s: float, complaint: str) -> float:
    """Wait until the condition holds and return the seconds it took."""
    started = time.monotonic()
    while not is_done():
        if time.monotonic() - started > timeout_s:
            raise TimeoutError(complaint)
        time.sleep(0.2)
    return time.monotonic() - started


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "unknown",
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    return {"cpu": model, "cores": os.cpu_count(), "memory_mb": memory, "python": sys.version.split()[0]}


def _cpu_of(matches: Callable[[int, int, int], bool]) -> float:
    """Sum the CPU seconds of the processes whose (pid, parent, group) match, ended children included."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # The command's name stands in brackets and may hold anything; fields are counted behind it, see proc(5).
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            if matches(int(folder.name), int(fields[1]), int(fields[2])):
                total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICKS

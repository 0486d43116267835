"""The product's own processes, started for a test on the test's database and Valkey, and stopped after it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MANAGE = (str(ROOT / "manage.py"),)
SLOW_WORKER = ("-m", "tests.slow_worker")


class Process:
    """One running process and what it logs."""

    def __init__(self, arguments: tuple[str, ...], log: Path, **environment: str) -> None:
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=os.environ
                | {"AIOS_LOG_LEVEL": "INFO", "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
                | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None

    def said(self, words: str) -> int:
        """Return how often the log has these words."""
        return self.log.read_text(errors="replace").count(words)

    def signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def ended(self, within_s: float) -> int:
        """Wait for the end and return the exit code."""
        return self._popen.wait(within_s)

    def stop(self) -> None:
        if self.is_running:
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()


@contextmanager
def running(folder: Path, *arguments: str, name: str = "", **environment: str) -> Iterator[Process]:
    """Run `manage.py` with these arguments for the length of the block."""
    with started((*MANAGE, *arguments), folder / f"{name or arguments[0]}.log", environment) as process:
        yield process


@contextmanager
def started(arguments: tuple[str, ...], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run Python with these arguments for the length of the block."""
    process = Process(arguments, log, **(environment or {}))
    try:
        yield process
    finally:
        process.stop()


def eventually(reached: Callable[[], object], *, within_s: float = 60.0, what: str = "") -> None:
    """Wait until something is so; fail where it never is."""
    give_up = time.monotonic() + within_s
    while not reached():
        assert time.monotonic() < give_up, f"not within {within_s:.0f} s: {what or reached}"
        time.sleep(0.05)

"""One process that starts the pieces, restarts what dies, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aios_site.stack.errors import StackError
from aios_site.stack.logfile import open_log, tail
from aios_site.stack.piece import Piece, Tier, spawn
from aios_site.stack.process import kill_group, reap_strangers
from aios_site.stack.signals import StopSignals

MOST_DEATHS = 5
DEATHS_WINDOW_SECONDS = 60.0
SHORTEST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 4.0


def say(line: str) -> None:
    """Print a line for the operator; a terminal that is gone is no reason to fail."""
    with suppress(OSError, ValueError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@dataclass
class Running:
    """A piece and what has become of it."""

    piece: Piece
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    log_start: int = 0
    deaths: deque[float] = field(default_factory=deque)
    restart_at: float = 0.0


class Supervisor:
    """Runs pieces as children, from the main thread; as a context manager it also heeds stop signals."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}
        self._signals = StopSignals()

    def __enter__(self) -> Self:
        self._signals.catch()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self._signals.release()

    def start(self, piece: Piece) -> None:
        """Start a piece and keep it alive from now on."""
        running = Running(piece)
        self._running[piece.name] = running
        self._spawn(running)

    def run(self, piece: Piece, *, timeout: float) -> None:
        """Run a one-off piece to its end while the others are looked after; a failure carries its last lines."""
        running = Running(piece)
        self._spawn(running)
        process = running.process
        try:
            self.wait_until(lambda: process is None or process.poll() is not None, timeout=timeout, what=piece.name)
        finally:
            if process is not None and process.poll() is None:
                kill_group(process.pid)
                process.wait()
        if process is not None and process.returncode != 0:
            message = f"{piece.name} failed ({_ending(process.returncode)}):\n{_last_lines(running, 15)}"
            raise StackError(message)

    def wait_until(self, reached: Callable[[], bool], *, timeout: float, what: str) -> None:
        """Look after the pieces until a condition holds."""
        give_up = time.monotonic() + timeout
        while not reached():
            if time.monotonic() > give_up:
                message = f"{what} was not ready after {timeout:.0f} s.\n{self._all_last_lines()}"
                raise StackError(message)
            self._look_after(0.05)

    def wait_ready(self, *names: str, timeout: float = 60.0) -> None:
        """Look after the pieces until those named answer."""
        self.wait_until(
            lambda: all(self._is_ready(self._running[name]) for name in names),
            timeout=timeout,
            what=" and ".join(names),
        )

    def run_forever(self) -> None:
        """Look after the pieces until a signal or a piece that keeps dying ends it."""
        while True:
            self._look_after(1.0)

    def stop(self) -> None:
        """Stop everything, tier by tier; a second signal while stopping means at once."""
        self._signals.forget()
        for tier in Tier:
            mine = [r for r in self._running.values() if r.piece.tier is tier and _alive(r)]
            for running in mine:
                _send(running, running.piece.stop_signal)
            for running in mine:
                self._wait_for_end(running, time.monotonic() + running.piece.stop_seconds)
        self._running.clear()

    def _wait_for_end(self, running: Running, give_up: float) -> None:
        while _alive(running) and time.monotonic() < give_up and not self._signals.came:
            time.sleep(0.02)
        if _alive(running) and running.piece.last_signal is not signal.SIGKILL:
            _send(running, running.piece.last_signal)
            last_moment = time.monotonic() + 1.0
            while _alive(running) and time.monotonic() < last_moment:
                time.sleep(0.02)
        if running.process is not None:
            kill_group(running.process.pid)
            running.process.wait()

    def _look_after(self, timeout: float) -> None:
        if not self._services_up():
            timeout = min(timeout, 0.1)
        now = time.monotonic()
        due = [r.restart_at - now for r in self._running.values() if r.process is None and r.restart_at > now]
        self._signals.sleep(min([timeout, *due]))
        for running in self._running.values():
            if running.process is not None and running.process.poll() is not None:
                self._died(running)
        if os.getpid() == 1:
            reap_strangers({r.process.pid for r in self._running.values() if r.process is not None})
        for running in self._running.values():
            if running.process is None and time.monotonic() >= running.restart_at and self._may_start(running.piece):
                self._spawn(running)

    def _died(self, running: Running) -> None:
        process, now = running.process, time.monotonic()
        if process is None:
            return
        kill_group(process.pid)
        running.process, running.ready = None, False
        ending = _ending(process.returncode)
        if running.piece.tier is Tier.SERVICE or self._services_up():  # else it died of what it needs
            running.deaths.append(now)
        while running.deaths and running.deaths[0] < now - DEATHS_WINDOW_SECONDS:
            running.deaths.popleft()
        if len(running.deaths) >= MOST_DEATHS:
            message = (
                f"{running.piece.name} died {MOST_DEATHS} times within {DEATHS_WINDOW_SECONDS:.0f} s, "
                f"the last time with {ending}:\n{_last_lines(running, 15)}"
            )
            raise StackError(message)
        pause = min(LONGEST_PAUSE_SECONDS, SHORTEST_PAUSE_SECONDS * 2 ** max(0, len(running.deaths) - 1))
        running.restart_at = now + pause
        last_lines = _last_lines(running, 3)
        say(f"{running.piece.name} ended ({ending}); it is started again." + (f"\n{last_lines}" if last_lines else ""))

    def _spawn(self, running: Running) -> None:
        piece = running.piece
        piece.before_start()
        with open_log(piece.log) as log:
            running.log_start = log.tell()
            running.process = spawn(piece, log)

    def _services_up(self) -> bool:
        return all(self._is_ready(r) for r in self._running.values() if r.piece.tier is Tier.SERVICE)

    def _may_start(self, piece: Piece) -> bool:
        return piece.tier is Tier.SERVICE or self._services_up()

    @staticmethod
    def _is_ready(running: Running) -> bool:
        if not running.ready and _alive(running):
            running.ready = running.piece.is_ready()
        return running.ready and _alive(running)

    def _all_last_lines(self) -> str:
        return "\n".join(filter(None, (_last_lines(r, 5) for r in self._running.values())))


def _alive(running: Running) -> bool:
    return running.process is not None and running.process.poll() is None


def _send(running: Running, sig: signal.Signals) -> None:
    if running.process is not None:
        running.process.send_signal(sig)


def _last_lines(running: Running, count: int) -> str:
    lines = tail(running.piece.log, count, since=running.log_start)
    return "\n".join(f"  {running.piece.name} | {line}" for line in lines)


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"

"""The product's processes: started, killed, stopped, started again, and watched for ends that nobody asked for."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aios_site.stack.process import die_with_parent, kill_group
from tests.torture.journal import Journal
from tests.torture.plan import Plan

WEB = ("web-1", "web-2")
WORKERS = ("worker-1", "worker-2", "worker-3")
SWEEPS = ("sweep-1", "sweep-2")
EVERYBODY = WEB + WORKERS + SWEEPS
_LOADED_S = 120.0
_ENDED_S = 8.0


@dataclass
class Running:
    """One process, what it is armed with, how it ended, and whether that was our doing."""

    pid: int
    log_start: int
    failpoint: str = ""
    is_killed: bool = False
    code: int | None = None


class Product:
    """Seven processes of one round, each in a group of its own, forked by a nursery; used from the main thread."""

    def __init__(self, plan: Plan, journal: Journal) -> None:
        self._plan = plan
        self._journal = journal
        self._logs = plan.folder / "product"
        self._logs.mkdir(parents=True, exist_ok=True)
        self.running: dict[str, Running] = {}
        self.fired: set[str] = set()
        self._rest = b""
        parent = os.getpid()
        with (plan.folder / "nursery.log").open("ab") as errors:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.torture.nursery"],
                cwd=plan.product,
                env=plan.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent=parent),  # noqa: PLW1509 - one thread
            )
        self._await("ready")

    def start(self, name: str, failpoint: str = "") -> None:
        """Start one, armed with a failpoint or not."""
        log = self._log(name)
        start = log.stat().st_size if log.exists() else 0
        order = {"name": name, "arguments": self._arguments(name), "log": str(log), "failpoint": failpoint}
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(json.dumps(order).encode() + b"\n")
        self._nursery.stdin.flush()
        pid = self._await("born")["pid"]
        self.running[name] = Running(pid, start, failpoint)
        self._journal.write(event="started", name=name, pid=pid, failpoint=failpoint)

    def start_all(self) -> None:
        """Start all seven."""
        for name in EVERYBODY:
            self.start(name)

    def kill(self, name: str, how: str = "main") -> bool:
        """Kill a process, one of its children, or its whole group; false where there was nothing to kill."""
        self._listen()
        running = self.running[name]
        if running.code is not None:
            return False
        if how == "child":
            children = _children_of(running.pid)
            if not children:
                return False
            with suppress(ProcessLookupError):
                os.kill(children[0], signal.SIGKILL)
        else:
            running.is_killed = True
            if how == "group":
                kill_group(running.pid)
            with suppress(ProcessLookupError):
                os.kill(running.pid, signal.SIGKILL)  # also where it has no group of its own yet
        self._journal.write(event="killed", name=name, how=how, pid=running.pid)
        return True

    def restart(self, name: str, failpoint: str) -> None:
        """Kill one and start it again at once, armed."""
        self.kill(name, "group")
        self._await_end(name)
        self.start(name, failpoint)

    def stop(self, name: str) -> None:
        """Freeze a process group in its tracks."""
        kill_group(self.running[name].pid, signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """Thaw it."""
        kill_group(self.running[name].pid, signal.SIGCONT)

    def mend(self) -> None:
        """Start again whatever has ended, and write down how it ended."""
        self._listen()
        for name, running in tuple(self.running.items()):
            if running.code is None:
                continue
            if not running.is_killed:
                if running.failpoint and running.code == -signal.SIGKILL:
                    self.note_fired(name, running.failpoint)
                else:
                    self._journal.write(event="ended", name=name, code=running.code)
            kill_group(running.pid)
            self.start(name)

    def note_fired(self, name: str, failpoint: str) -> None:
        """Write down that a process died where it was made to."""
        self.fired.add(failpoint)
        self._journal.write(event="fired", name=name, failpoint=failpoint)

    def new_log(self, name: str) -> str:
        """Return what a process has logged since it was started."""
        with self._log(name).open("rb") as log:
            log.seek(self.running[name].log_start)
            return log.read().decode(errors="replace")

    def end(self) -> None:
        """End all of them."""
        for running in self.running.values():
            kill_group(running.pid, signal.SIGCONT)
            kill_group(running.pid, signal.SIGTERM)
        give_up = time.monotonic() + _ENDED_S
        while any(running.code is None for running in self.running.values()) and time.monotonic() < give_up:
            self._listen(0.05)
        for running in self.running.values():
            kill_group(running.pid)
        kill_group(self._nursery.pid)
        self._nursery.wait()

    def _await_end(self, name: str) -> None:
        while self.running[name].code is None:
            self._listen(0.05)

    def _await(self, what: str) -> dict[str, Any]:
        give_up = time.monotonic() + _LOADED_S
        while time.monotonic() < give_up and self._nursery.poll() is None:
            for event in self._listen(0.05):
                if event["event"] == what:
                    return event
        message = f"the nursery does not answer; see {self._plan.folder / 'nursery.log'}"
        raise RuntimeError(message)

    def _listen(self, wait_s: float = 0.0) -> list[dict[str, Any]]:
        """Read what the nursery says; deaths are written down here."""
        assert self._nursery.stdout is not None
        pipe = self._nursery.stdout.fileno()
        heard = []
        while select.select([pipe], [], [], wait_s)[0]:
            data = os.read(pipe, 1 << 16)
            if not data:
                break
            *lines, self._rest = (self._rest + data).split(b"\n")
            heard += [json.loads(line) for line in lines]
            wait_s = 0.0
        for event in heard:
            if event["event"] == "died":
                for running in self.running.values():
                    if running.pid == event["pid"]:
                        running.code = event["code"]
        return heard

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _arguments(self, name: str) -> list[str]:
        kind, _, number = name.partition("-")
        if kind == "web":
            return ["web", "--host", "127.0.0.1", "--port", str(self._plan.ports.web[int(number) - 1])]
        return ["worker", "--concurrency", "1"] if kind == "worker" else ["sweep"]


def _children_of(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []

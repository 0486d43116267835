"""The supervisor: restarts, gives up in words, stops in order, leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aios_site.stack.errors import StackError, StopRequestedError
from aios_site.stack.logfile import open_log, tail
from aios_site.stack.piece import Piece, Tier
from aios_site.stack.supervisor import Supervisor

PROJECT = Path(__file__).resolve().parents[3]
SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """Return a supervisor that stops what the test leaves running."""
    supervisor = Supervisor()
    yield supervisor
    supervisor.stop()


def python(folder: Path, name: str, code: str, tier: Tier = Tier.BACKGROUND, stop_seconds: float = 5.0) -> Piece:
    """Return a piece that runs some Python."""
    argv = [sys.executable, "-S", "-c", code]
    return Piece(name, argv, {"HERE": str(folder)}, folder / f"{name}.log", tier, stop_seconds=stop_seconds)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; an ended one that nobody collected does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    return False


def eventually(reached: object, seconds: float = 10.0) -> bool:
    """Tell whether a condition comes true in time."""
    give_up = time.monotonic() + seconds
    while not (held := reached()) and time.monotonic() < give_up:  # type: ignore[operator]
        time.sleep(0.02)
    return bool(held)


def pids(file: Path) -> list[int]:
    """Return the complete lines of a file of pids."""
    return [int(line) for line in file.read_text(encoding="ascii").splitlines()] if file.exists() else []


def test_a_dead_piece_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    note = tmp_path / "pids"
    code = f"import os; print(os.getpid(), file=open({str(note)!r}, 'a'), flush=True); {SLEEP}"
    supervisor.start(python(tmp_path, "piece", code))
    supervisor.wait_until(lambda: len(pids(note)) == 1, timeout=10, what="first")

    os.kill(pids(note)[0], signal.SIGKILL)

    supervisor.wait_until(lambda: len(pids(note)) == 2, timeout=10, what="second")


def test_a_piece_that_keeps_dying_ends_it_with_the_reason(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aios_site.stack.supervisor.SHORTEST_PAUSE_SECONDS", 0.01)
    supervisor.start(python(tmp_path, "fragile", "import sys; sys.exit('no such table')"))

    with pytest.raises(StackError, match=r"(?s)fragile died 5 times within 60 s.*exit code 1.*no such table"):
        supervisor.wait_until(lambda: False, timeout=20, what="nothing")


def test_pieces_wait_for_the_service_they_need(supervisor: Supervisor, tmp_path: Path) -> None:
    is_open = tmp_path / "open"
    service = python(tmp_path, "service", SLEEP, Tier.SERVICE)
    supervisor.start(Piece(**{**vars(service), "is_ready": is_open.exists}))
    note = tmp_path / "tries"
    supervisor.start(python(tmp_path, "needy", f"open({str(note)!r}, 'a').write('x'); raise SystemExit(1)"))

    with pytest.raises(StackError, match="was not ready"):
        supervisor.wait_until(lambda: False, timeout=1.5, what="nothing")
    assert note.read_text(encoding="ascii") == "x"

    is_open.touch()
    supervisor.wait_until(lambda: len(note.read_text(encoding="ascii")) > 1, timeout=10, what="another try")


def test_stopping_takes_web_first_and_services_last_and_the_stubborn_by_force(tmp_path: Path) -> None:
    supervisor = Supervisor()
    note = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    print(NAME, file=open(NOTE, 'a')); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(60)"
    ).replace("NOTE", repr(str(note)))
    for name, tier in (("service", Tier.SERVICE), ("web", Tier.WEB), ("worker", Tier.BACKGROUND)):
        supervisor.start(python(tmp_path, name, code.replace("NAME", repr(name)), tier))
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    supervisor.start(python(tmp_path, "stubborn", stubborn, Tier.BACKGROUND, stop_seconds=0.3))
    logs = [tmp_path / f"{name}.log" for name in ("service", "web", "worker", "stubborn")]
    supervisor.wait_until(lambda: all(tail(log, 1) == ["up"] for log in logs), timeout=10, what="all")

    began = time.monotonic()
    supervisor.stop()

    assert note.read_text(encoding="ascii").split() == ["web", "worker", "service"]
    assert time.monotonic() - began < 5


def test_a_one_off_that_fails_carries_its_last_lines(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"(?s)task failed \(exit code 3\).*disk full"):
        supervisor.run(python(tmp_path, "task", "print('disk full'); raise SystemExit(3)"), timeout=10)


def test_a_signal_ends_the_wait_and_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with Supervisor() as supervisor:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopRequestedError):
            supervisor.run_forever()

    assert signal.getsignal(signal.SIGTERM) is before


def test_killing_the_supervisor_leaves_no_child_and_no_grandchild(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    child = (
        "import os, sys, time; sys.path.insert(0, PROJECT)\n"
        "from aios_site.stack.process import die_with_parent\n"
        "parent = os.getpid()\n"
        "if os.fork() == 0: die_with_parent(parent=parent)\n"
        "print(os.getpid(), file=open(NOTE, 'a'), flush=True); time.sleep(60)"
    )
    script = (
        "import sys; sys.path.insert(0, PROJECT)\n"
        "from pathlib import Path\n"
        "from aios_site.stack.piece import Piece, Tier\n"
        "from aios_site.stack.supervisor import Supervisor\n"
        f"code = {child!r}.replace('NOTE', repr(NOTE)).replace('PROJECT', repr(PROJECT))\n"
        "with Supervisor() as supervisor:\n"
        "    supervisor.start(Piece('x', [sys.executable, '-S', '-c', code], {}, Path(NOTE + '.log'), Tier.WEB))\n"
        "    supervisor.run_forever()\n"
    )
    settings = f"NOTE = {str(note)!r}; PROJECT = {str(PROJECT)!r}\n"
    process = subprocess.Popen([sys.executable, "-c", settings + script], cwd=PROJECT)
    try:
        assert eventually(lambda: len(pids(note)) == 2), (tmp_path / "pids.log").read_text(encoding="utf-8")
    finally:
        process.kill()
        process.wait()

    assert eventually(lambda: not any(is_alive(pid) for pid in pids(note)), seconds=6)


def test_a_log_that_grew_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (10 * 2**20 + 1))

    with open_log(log) as file:
        file.write(b"one\ntwo\n")

    assert (tmp_path / "web.log.1").exists()
    assert tail(log, 1) == ["two"]

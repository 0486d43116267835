"""Starting and ending operating-system processes so that none outlives its parent."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The operating-system account that a process runs as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def current(cls) -> Self:
        """Return the account of this process."""
        uid = os.geteuid()
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            name = str(uid)
        return cls(name, uid, os.getegid())

    @classmethod
    def for_services(cls) -> Self:
        """Return `nobody` for root, since PostgreSQL refuses to run as root; else the current account."""
        if os.geteuid() != 0:
            return cls.current()
        entry = pwd.getpwnam("nobody")
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def popen_options(self) -> dict[str, Any]:
        """Return what subprocess needs to become this account."""
        if os.geteuid() != 0 or self.uid == 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this account reaches a folder, by trying it."""
        command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
        done = subprocess.run(  # noqa: S603 - fixed program, the folder is an argument
            command, cwd="/", stderr=subprocess.DEVNULL, check=False, **self.popen_options()
        )
        return done.returncode == 0


def die_with_parent(sig: signal.Signals = signal.SIGKILL, parent: int | None = None) -> None:
    """Have the kernel send this process a signal when its parent ends; call it from the main thread.

    Changing user clears it, so drop privileges first. A parent that is gone already counts as ended;
    pass its pid where it is known, otherwise whoever is the parent now is meant.
    """
    expected = os.getppid() if parent is None else parent
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
    if os.getppid() != expected:
        os.kill(os.getpid(), sig)


def kill_group(leader: int, sig: signal.Signals = signal.SIGKILL) -> None:
    """Signal what is left of a process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, sig)


def processes_matching(test: Callable[[bytes], bool]) -> list[int]:
    """Return the pids whose command line passes a test; command lines are readable across accounts."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(folder.name) != os.getpid() and test((folder / "cmdline").read_bytes()):
                found.append(int(folder.name))
    return found


def reap_strangers(own: set[int]) -> None:
    """Collect ended processes that are not ours but were handed to us, as happens to process 1 of a container."""
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid not in own:
            os.waitpid(ended.si_pid, os.WNOHANG)

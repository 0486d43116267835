"""What the supervisor needs to know of one process of the stack, and how it is started."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import IO

from aios_site.stack.process import Account, die_with_parent


class Tier(IntEnum):
    """Order of stopping: whoever takes requests goes first, whoever keeps data goes last."""

    WEB = 0
    BACKGROUND = 1
    SERVICE = 2


def _nothing() -> None:
    pass


def _at_once() -> bool:
    return True


@dataclass(frozen=True)
class Piece:
    """One process: how it starts, how one knows that it works, how it ends."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    tier: Tier
    account: Account = field(default_factory=Account.current)
    cwd: Path | None = None
    pass_fds: Sequence[int] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 5.0
    last_signal: signal.Signals = signal.SIGKILL
    death_signal: signal.Signals = signal.SIGKILL
    before_start: Callable[[], None] = _nothing
    is_ready: Callable[[], bool] = _at_once


def spawn(piece: Piece, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a piece in a session of its own that ends with this process; call it from the main thread."""
    parent = os.getpid()
    return subprocess.Popen(  # noqa: S603 - the stack's own commands
        list(piece.argv),
        env=dict(piece.env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=piece.cwd or "/",
        pass_fds=tuple(piece.pass_fds),
        start_new_session=True,
        # Runs after the change of user, which would clear it; the stack has one thread.
        preexec_fn=lambda: die_with_parent(piece.death_signal, parent),  # noqa: PLW1509
        **piece.account.popen_options(),
    )

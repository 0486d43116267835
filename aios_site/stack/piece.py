"""What the supervisor needs to know of one process of the stack."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from aios_site.stack.process import Account


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

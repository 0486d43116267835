"""Stop signals, noticed by a sleeping loop and never acted on inside a handler."""

import os
import select
import signal
import time
from collections import deque
from contextlib import suppress
from types import FrameType
from typing import Any

from aios_site.stack.errors import StopRequestedError

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """Collects stop signals; until catch() is called it only sleeps."""

    def __init__(self) -> None:
        self._came: deque[int] = deque()
        self._before: dict[int, Any] = {}
        self._pipe: tuple[int, int] | None = None
        self._wakeup_before = -1

    @property
    def came(self) -> bool:
        """Tell whether a signal waits to be noticed."""
        return bool(self._came)

    def catch(self) -> None:
        """Collect from now on; a child's end wakes the sleeper too."""
        self._pipe = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._wakeup_before = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for signum in _STOP_SIGNALS:
            if signum == signal.SIGHUP and signal.getsignal(signum) == signal.SIG_IGN:
                continue  # started under nohup
            self._before[signum] = signal.signal(signum, self._remember)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _only_wake)

    def release(self) -> None:
        """Give the signals back to whoever had them."""
        for signum, handler in self._before.items():
            signal.signal(signum, handler)
        self._before.clear()
        if self._pipe is not None:
            signal.set_wakeup_fd(self._wakeup_before)
            for end in self._pipe:
                os.close(end)
            self._pipe = None

    def sleep(self, seconds: float) -> None:
        """Sleep until something happens or the time is over; raise when a stop signal came."""
        if self._pipe is None:
            time.sleep(seconds)
        else:
            with suppress(InterruptedError):
                select.select([self._pipe[0]], [], [], max(0.0, seconds))
            with suppress(BlockingIOError):
                os.read(self._pipe[0], 4096)
        if self._came:
            raise StopRequestedError(self._came.popleft())

    def forget(self) -> None:
        """Drop what came so far."""
        self._came.clear()

    def _remember(self, signum: int, _frame: FrameType | None) -> None:
        self._came.append(signum)


def _only_wake(_signum: int, _frame: FrameType | None) -> None:
    pass

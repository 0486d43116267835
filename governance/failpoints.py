"""Steps between commit points at which a process can be made to die, so that tests can walk all of them.

`AIOS_FAILPOINT=name` lets the process end, as by SIGKILL, when it comes to the step; `name:3` when it comes there the third
time. Without the variable a step costs one comparison.
"""

import os
import signal
from typing import Final

_NAMES: Final = (
    "intake.committed",
    "predict.claimed",
    "predict.answered",
    "predict.finished",
    "claim.committed",
    "decide.committed",
    "undo.committed",
    "amend.committed",
    "sweep.step",
    "relay.published",
    "deliver.claimed",
    "deliver.sent",
    "deliver.finished",
)
_armed, _, _count = os.environ.get("AIOS_FAILPOINT", "").partition(":")
_left = int(_count or 1)


def names() -> tuple[str, ...]:
    """Return every step that `reach` is called with."""
    return _NAMES


def reach(name: str) -> None:
    """Die here if this is the step that the environment names."""
    global _left  # noqa: PLW0603 - per process, and only where a test armed it
    if name != _armed:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


if _armed and _armed not in _NAMES:
    _message = f"AIOS_FAILPOINT={_armed}: there is no such step; known are {', '.join(_NAMES)}"
    raise RuntimeError(_message)

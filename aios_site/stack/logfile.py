"""One log file per piece, kept short."""

from collections import deque
from pathlib import Path
from typing import BinaryIO

_MOST_BYTES = 10 * 2**20


def open_log(path: Path) -> BinaryIO:
    """Open a log for appending; one that grew beyond 10 MB becomes `<name>.1` first."""
    if path.exists() and path.stat().st_size > _MOST_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab", buffering=0)


def tail(path: Path, lines: int, since: int = 0) -> list[str]:
    """Return the last lines written after a position."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(since, size - 65536))
            last = deque(file.read().decode("utf-8", "replace").splitlines(), maxlen=lines)
    except OSError:
        return []
    return [line for line in last if line.strip()]

"""Append-only files of JSON lines: what the clients, receivers and the torturer saw, in the order in which they saw it."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """One file, written line by line by the threads of one process that nobody kills."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("ab", buffering=0)
        self._lock = threading.Lock()

    def write(self, **entry: Any) -> None:
        line = json.dumps({"at": round(time.time(), 4)} | entry, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            self._file.write(line)


def read_journal(*files: Path) -> Iterator[dict[str, Any]]:
    """Return the entries of some journals, file by file."""
    for file in files:
        with file.open("rb") as lines:
            for line in lines:
                yield json.loads(line)

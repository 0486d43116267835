"""Where a long run is, on standard error."""

import sys
import time

_started = time.monotonic()


def say(what: str) -> None:
    """Tell, with the seconds since the start."""
    print(f"[{time.monotonic() - _started:5.0f} s] {what}", file=sys.stderr, flush=True)

"""`python -m tests.torture.nursery`: loads the product once and forks its processes, so that a killed one is back at once.

What is left out is only the reading of Python files, which takes a processor some seconds each time. Commands come as JSON
lines on standard input; births and deaths go out as JSON lines on standard output.
"""

import gc
import json
import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_LOOK_EVERY_S = 0.02


def main() -> None:
    """Serve until standard input ends."""
    _load()
    _say({"event": "ready"})
    rest = b""
    while True:
        if select.select([0], [], [], _LOOK_EVERY_S)[0]:
            data = os.read(0, 1 << 16)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                order = json.loads(line)
                _say({"event": "born", "name": order["name"], "pid": _fork(order)})
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                _say({"event": "died", "pid": ended[0], "code": os.waitstatus_to_exitcode(ended[1])})


def _load() -> None:
    """Load what the processes would load, and connect to nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aios_site.settings")
    import skops.io  # noqa: F401
    import uvicorn  # noqa: F401
    from django.core.management import get_commands
    from django.urls import get_resolver

    import aios_site.asgi
    import aios_site.sweeper  # noqa: F401
    from aios_site.celery import app

    get_commands()
    app.loader.import_default_modules()
    assert get_resolver().url_patterns
    gc.freeze()


def _fork(order: dict[str, Any]) -> int:
    sys.stdout.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        _become(order, parent)
        from django.core.management import execute_from_command_line

        sys.argv = ["manage.py", *order["arguments"]]
        execute_from_command_line(sys.argv)
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(OSError, ValueError):
            sys.stderr.flush()
            sys.stdout.flush()
        os._exit(code)


def _become(order: dict[str, Any], parent: int) -> None:
    from aios_site.stack.process import die_with_parent
    from governance import failpoints

    os.setsid()
    die_with_parent(parent=parent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    log = os.open(Path(order["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    # Read from the environment when the module is loaded, which has been.
    failpoints._armed = order["failpoint"]


def _say(event: dict[str, Any]) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


if __name__ == "__main__":
    main()

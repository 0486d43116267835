"""A process with the product loaded that runs scripts for the browser tests, since loading it anew takes longer than most of them.

`python -m tests.e2e.hands` reads lines of JSON, `[module, arguments...]`, runs each module in a fork, and answers with `[exit code, output, errors]`.
"""

import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Hands:
    """The process, as the tests see it."""

    process: "subprocess.Popen[str]"

    def run(self, module: str, *arguments: str) -> str:
        """Run a module as `python -m` does, and return what it printed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([module, *arguments]) + "\n")
        self.process.stdin.flush()
        code, output, errors = json.loads(self.process.stdout.readline())
        assert code == 0, errors[-2000:]
        return str(output)


@contextmanager
def hands(environment: Mapping[str, str]) -> Iterator[Hands]:
    """Start the process; it ends with its input."""
    command = [sys.executable, "-m", "tests.e2e.hands"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=dict(environment), text=True, stdin=pipe, stdout=pipe) as process:
        yield Hands(process)


def main() -> None:
    """Run what is asked for until nobody asks any more."""
    import django

    django.setup()
    for line in sys.stdin:
        print(json.dumps(_in_a_fork(*json.loads(line))), flush=True)


def _in_a_fork(module: str, *arguments: str) -> tuple[int, str, str]:
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        pid = os.fork()
        if pid == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            os._exit(_run(module, arguments))
        _pid, status = os.waitpid(pid, 0)
        told = []
        for file in (output, errors):
            file.seek(0)
            told.append(file.read())
    return os.waitstatus_to_exitcode(status), told[0], told[1]


def _run(module: str, arguments: tuple[str, ...]) -> int:
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main()

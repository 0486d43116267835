"""pg_dump and pg_restore as streams, at one snapshot."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg

from aios_site.backup.errors import BackupError

# Settings that a newer pg_restore asks for and an older server does not know: of no consequence.
_HARMLESS = "unrecognized configuration parameter"


@contextmanager
def dump_stream(program: Path, url: str, *, snapshot: str, sees_all: bool) -> Iterator[IO[bytes]]:
    """Give pg_dump's output while it runs; raise where it fails."""
    command = [str(program), "--format=custom", f"--snapshot={snapshot}", "--no-password"]
    # Else pg_dump refuses tables whose policy applies to it, though that policy shows every row.
    command += [] if sees_all else ["--enable-row-security"]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            [*command, *_connection(url)],
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            env=_env(url),
        )
        try:
            assert process.stdout is not None  # noqa: S101 - for the type checker
            yield process.stdout
            process.stdout.close()
            if process.wait() != 0:
                raise BackupError(f"pg_dump failed:\n{_said(errors)}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def restore_dump(program: Path, url: str, content: Iterable[bytes]) -> None:
    """Feed a dump to pg_restore; everything it complains of is a failure, but for settings the server is too old for."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own program
            [str(program), "--no-password", *_connection(url)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=_env(url),
        )
        try:
            assert process.stdin is not None  # noqa: S101 - for the type checker
            try:
                for chunk in content:
                    process.stdin.write(chunk)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended; why is in what it said
            code = process.wait()
            said = _said(errors)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    complaints = [line for line in said.splitlines() if "error:" in line and _HARMLESS not in line]
    if complaints or (code != 0 and _HARMLESS not in said):
        raise BackupError("pg_restore failed:\n" + "\n".join(complaints[:5] or [said]))


def _connection(url: str) -> list[str]:
    """Return the address without its password, which would be seen in the list of processes."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    parts.pop("password", None)
    return [f"--dbname={psycopg.conninfo.make_conninfo('', **parts)}"]


def _env(url: str) -> dict[str, str]:
    password = psycopg.conninfo.conninfo_to_dict(url).get("password")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PG", "AIOS_", "DATABASE", "REDIS"))
    }
    return kept | ({"PGPASSWORD": str(password)} if password else {}) | {"LC_ALL": "C"}


def _said(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace").strip()[-4000:]

"""The product's tables for embedded databases: migrations make them once, and what they made is kept until they change.

Servers of one's own get theirs by migrations each time.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

from aios_site.backup.programs import find_program

ROOT = Path(__file__).resolve().parent.parent
_KEPT = ROOT / ".pytest_cache" / "tables"
# Migrations, what they run, what Django adds by the models after them, and what the packages bring.
_MADE_OF = (
    "*/migrations/*.py",
    "*/models/**/*.py",
    "*/sql/*.sql",
    "aios_site/stack/*.sql",
    "aios_site/settings.py",
    "tests/tables.py",
    "*.lock",
)


def make_tables(admin_url: str, environment: Mapping[str, str]) -> None:
    """Fill an empty embedded database: `admin_url` is its administrator's, the environment names it for the product."""
    with psycopg.connect(admin_url) as admin:
        version = admin.info.server_version
    kept = _KEPT / f"{_digest(version)}.sql"
    if kept.is_file():
        _run(
            find_program("psql", version), admin_url, "--no-psqlrc", "--quiet", "--single-transaction", f"--file={kept}"
        )
        return
    migrate(environment)
    _KEPT.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(f".{os.getpid()}")
    _run(find_program("pg_dump", version), admin_url, f"--file={draft}")
    draft.rename(kept)  # in one step: another process may have put its own there, and a third be about to read it
    for old in set(_KEPT.glob("*.sql")) - {kept}:
        old.unlink(missing_ok=True)


def migrate(environment: Mapping[str, str]) -> None:
    """Fill a database by the migrations."""
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--database", "owner", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=dict(environment), check=True)


def _run(program: Path, admin_url: str, *options: str) -> None:
    strict = ["--set=ON_ERROR_STOP=1"] if program.name == "psql" else []
    subprocess.run([program, "--dbname", admin_url, *strict, *options], stdout=subprocess.DEVNULL, check=True)


def _digest(version: int) -> str:
    known = hashlib.sha256(str(version).encode())
    for pattern in _MADE_OF:
        for path in sorted(ROOT.glob(pattern)):
            known.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return known.hexdigest()[:24]

"""Making a backup while the product runs: database and counts at one moment, then the files that its rows name."""

import shutil
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.utils import timezone

from aios_site.backup import facts, product
from aios_site.backup.archive import DUMP, FILES, ArchiveWriter, out_of_space
from aios_site.backup.dump import dump_stream
from aios_site.backup.errors import BackupError, NoSpaceError
from aios_site.backup.place import Place, connect, running
from aios_site.backup.programs import find_program
from aios_site.backup.stored import open_stored, stored_bytes, stored_files

# A dump is compressed and leaves indexes out: it takes a fifth of the database, seldom more than a half.
_DUMP_SHARE = 0.5
_SPARE_BYTES = 16 << 20


def make_backup(*, where: Place, to: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Write one file with everything but the secrets; return what is in it."""
    started = time.monotonic()
    path = _file(to)
    with running(where), connect(where.url) as connection:
        if not facts.is_prepared(connection):
            message = f"There is nothing to back up: the database {where.name} has no tables of this product."
            raise BackupError(message)
        program = find_program("pg_dump", connection.info.server_version)
        _check_space(path, facts.size_bytes(connection))
        try:
            with ArchiveWriter(path) as archive:
                manifest = _store(archive, connection, program, where, tell)
        except OSError as error:
            raise out_of_space(error, path.parent) from error
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "files": sum(name.startswith(FILES) for name in manifest["members"]),
        "rows": sum(manifest["tables"].values()),
        "seconds": round(time.monotonic() - started, 1),
        "version": manifest["version"],
        "created_at": manifest["created_at"],
    }


def _store(
    archive: ArchiveWriter, connection: psycopg.Connection, program: Path, where: Place, tell: Callable[[str], None]
) -> dict[str, Any]:
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        sees_all = facts.looks_past_rows(connection)
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        snapshot = str(row[0]) if row else ""
        tell("Dumping the database ...")
        with dump_stream(program, where.url, snapshot=snapshot, sees_all=sees_all) as stream:
            archive.add(DUMP, stream)
        described = _described(connection)
    # Files are stored before the rows that name them, so that those of the snapshot are all there by now.
    tell("Copying the stored files ...")
    for name in stored_files():
        with open_stored(name) as content:
            archive.add(FILES + name, content)
    return archive.finish(described)


def _described(connection: psycopg.Connection) -> dict[str, Any]:
    return {
        "format": product.FORMAT,
        "version": product.version(),
        "created_at": timezone.now().astimezone(UTC).isoformat(timespec="seconds"),
        "server_version": connection.info.server_version,
        "database_bytes": facts.size_bytes(connection),
        "key_mark": product.key_mark(),
        "migrations": facts.migrations(connection),
        "tables": facts.rows_per_table(connection),
        "shape": facts.shape(connection),
    }


def _file(to: Path) -> Path:
    """Return the file to write: the one that is named, or one with the time in its name in the folder that is named."""
    path = to.expanduser().absolute()
    if path.is_dir():
        path /= f"aios-review-{timezone.now().astimezone(UTC):%Y%m%dT%H%M%SZ}.tar"
    if path.exists():
        message = f"{path} is there already; a backup never replaces another."
        raise BackupError(message)
    if not path.parent.is_dir():
        message = f"There is no folder {path.parent}."
        raise BackupError(message)
    if path.is_relative_to(settings.STORAGE_ROOT):
        message = f"{path} lies among the product's own files; choose another folder, best on another machine."
        raise BackupError(message)
    return path


def _check_space(path: Path, database_bytes: int) -> None:
    needed = int(database_bytes * _DUMP_SHARE) + stored_bytes() + _SPARE_BYTES
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        message = f"{path.parent} has {free >> 20} MB free; the backup may need {needed >> 20} MB."
        raise NoSpaceError(message)

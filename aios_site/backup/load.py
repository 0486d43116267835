"""Restoring: into a new database beside the present one, checked there, and only then put in its place."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.utils import timezone
from psycopg import sql

from aios_site.backup import facts, product
from aios_site.backup.archive import DUMP, FILES, Archive, open_archive, out_of_space
from aios_site.backup.check import check_restored
from aios_site.backup.dump import restore_dump
from aios_site.backup.errors import BackupError, NoSpaceError, TargetError, VersionError
from aios_site.backup.place import Place, connect, stopped
from aios_site.backup.programs import find_program
from aios_site.backup.stored import put_back
from aios_site.stack.roles import prepare_database
from aios_site.stack.urls import with_database

_SPARE_BYTES = 64 << 20
# Pull cursors that were given out after the backup lie above its numbers; new events must lie above them again.
_FEED_GAP = 1_000_000
_ADVANCE_FEEDS = f"UPDATE governance_eventfeed SET last_seq = last_seq + {_FEED_GAP}"  # noqa: S608 - a constant


def restore_backup(*, where: Place, path: Path, replace: bool, tell: Callable[[str], None]) -> dict[str, Any]:
    """Bring back what the file holds; until its last step the present database stays as it is."""
    started = time.monotonic()
    tell("Checking the file ...")
    archive = open_archive(path.expanduser().absolute())
    _check_version(archive.manifest)
    with stopped(where):
        _check_target(where, replace=replace)
        _check_space(archive)
        draft = f"{where.name}_restore_{os.getpid()}"
        try:
            checked = _restore(archive, where, draft, tell)
            old = _put_in_place(where, draft)
        except BaseException:
            _drop(where, draft)
            raise
    return {
        "file": str(archive.path),
        "created_at": archive.manifest["created_at"],
        "rows": sum(archive.manifest["tables"].values()),
        "seconds": round(time.monotonic() - started, 1),
        "is_same_key": archive.manifest["key_mark"] == product.key_mark(),
        "replaced": old,
    } | checked


def _restore(archive: Archive, where: Place, draft: str, tell: Callable[[str], None]) -> dict[str, Any]:
    url = with_database(where.admin, draft)
    prepare_database(where.admin, name=draft)
    with connect(url) as connection:
        program = find_program("pg_restore", connection.info.server_version)
    tell("Restoring the database ...")
    restore_dump(program, url, archive.read(DUMP))
    tell("Checking what was restored ...")
    with connect(url) as connection:
        checked = check_restored(connection, archive.manifest)
        connection.execute("ANALYZE")
    tell("Putting the files back ...")
    try:
        checked["files_stored"] = put_back(archive)
    except OSError as error:
        raise out_of_space(error, Path(settings.STORAGE_ROOT)) from error
    checked["files"] = sum(name.startswith(FILES) for name in archive.manifest["members"])
    checked["migrated"] = _migrate(archive.manifest, where, draft, tell)
    with connect(url) as connection, connection.transaction():
        if connection.execute("SELECT to_regclass('public.governance_eventfeed')").fetchone() != (None,):
            connection.execute(_ADVANCE_FEEDS)
    return checked


def _check_version(manifest: dict[str, Any]) -> None:
    if manifest.get("format") != product.FORMAT:
        message = f"The backup has the form {manifest.get('format')}; this version reads {product.FORMAT}."
        raise VersionError(message)
    unknown = {tuple(one) for one in manifest["migrations"]} - product.known_migrations()
    if unknown:
        app, name = min(unknown)
        message = (
            f"The backup is of version {manifest['version']} and newer than this code ({product.version()}): it has "
            f"{len(unknown)} migrations that are unknown here, {app}.{name} for one. Restore it with that version or a later one."
        )
        raise VersionError(message)


def _check_target(where: Place, *, replace: bool) -> None:
    with connect(where.admin) as admin:
        found = admin.execute("SELECT FROM pg_database WHERE datname = %s", [where.name]).fetchone()
    if found is None or replace:
        return
    with connect(where.url) as connection:
        if facts.is_prepared(connection):
            message = f"The database {where.name} holds data. --replace puts the backup in its place and keeps it under another name."
            raise TargetError(message)


def _check_space(archive: Archive) -> None:
    """Refuse where the files will not fit; what the database's server has, only the embedded one's home can tell."""
    root = Path(settings.STORAGE_ROOT)
    present = next(folder for folder in (root, *root.parents) if folder.exists())
    needed = archive.manifest["database_bytes"] + _SPARE_BYTES
    needed += sum(facts_["size"] for name, facts_ in archive.manifest["members"].items() if name.startswith(FILES))
    free = shutil.disk_usage(present).free
    if free < needed:
        message = f"{present} has {free >> 20} MB free; the restored data may need {needed >> 20} MB."
        raise NoSpaceError(message)


def _migrate(manifest: dict[str, Any], where: Place, draft: str, tell: Callable[[str], None]) -> int:
    """Bring an older backup up to this code; return how many migrations that took."""
    missing = product.known_migrations() - {tuple(one) for one in manifest["migrations"]}
    if not missing:
        return 0
    tell(f"Bringing the data up to this version ({len(missing)} migrations) ...")
    environment = os.environ | {
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], draft),
        "DATABASE_OWNER_URL": with_database(os.environ["DATABASE_OWNER_URL"], draft),
    }
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    done = subprocess.run(  # noqa: S603 - our own command
        [*manage, "migrate", "--database", "owner", "--no-input"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"The migrations failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return len(missing)


def _put_in_place(where: Place, draft: str) -> str | None:
    """Give the new database the name; the one that had it keeps its data under another."""
    old = f"{where.name}_before_{timezone.now().astimezone(UTC):%Y%m%dT%H%M%S}"
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with connect(where.admin) as admin:
        is_there = admin.execute("SELECT FROM pg_database WHERE datname = %s", [where.name]).fetchone() is not None
        try:
            with admin.transaction():
                if is_there:
                    admin.execute(rename.format(sql.Identifier(where.name), sql.Identifier(old)))
                admin.execute(rename.format(sql.Identifier(draft), sql.Identifier(where.name)))
        except psycopg.errors.ObjectInUse as error:
            message = f"Somebody is connected to the database {where.name}; stop the product and try again."
            raise TargetError(message) from error
        if is_there and _is_empty(with_database(where.admin, old)):
            admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
            return None
    return old if is_there else None


def _is_empty(url: str) -> bool:
    with connect(url) as connection:
        return not facts.is_prepared(connection)


def _drop(where: Place, draft: str) -> None:
    try:
        with connect(where.admin) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(draft)))
    except (BackupError, psycopg.Error) as error:
        sys.stderr.write(json.dumps({"left_behind": draft, "why": str(error).strip()}) + "\n")

"""The files of Django's storage, by whatever backend they are kept."""

import hashlib
import tempfile
from collections.abc import Iterator
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage

from aios_site.backup.archive import FILES, Archive
from aios_site.backup.errors import BackupError

_CHUNK = 1 << 20


def stored_files(folder: str = "") -> Iterator[str]:
    """Return the names of all stored files."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    prefix = f"{folder}/" if folder else ""
    yield from (prefix + name for name in sorted(files))
    for name in sorted(folders):
        yield from stored_files(prefix + name)


def stored_bytes() -> int:
    """Return how much they take."""
    return sum(default_storage.size(name) for name in stored_files())


def open_stored(name: str) -> IO[bytes]:
    """Open one for reading."""
    return default_storage.open(name, "rb")


def put_back(archive: Archive) -> int:
    """Store the files of a backup that are not there already under the same name with the same content; return how many."""
    count = 0
    for name in archive.files:
        facts = archive.manifest["members"][FILES + name]
        if default_storage.exists(name):
            if _digest(name) == facts["sha256"]:
                continue
            default_storage.delete(name)
        with tempfile.TemporaryFile() as content:  # any storage can read that, whatever it asks of a file
            content.writelines(archive.read(FILES + name))
            content.seek(0)
            given = default_storage.save(name, File(content))
        if given != name:
            default_storage.delete(given)
            message = f"The storage does not take the name {name}."
            raise BackupError(message)
        count += 1
    return count


def _digest(name: str) -> str:
    digest = hashlib.sha256()
    with default_storage.open(name, "rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()

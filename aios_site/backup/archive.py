"""The backup's file: a plain tar that is written and read as a stream, with a hash of every member.

Members are the database's dump, the stored files, then `manifest.json` with all sizes and hashes, and last the manifest's own
hash: a file that was cut off anywhere is told from a whole one.
"""

import errno
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any, Self

from aios_site.backup.errors import BackupError, CorruptError, NoSpaceError

DUMP = "database.dump"
FILES = "files/"
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
_CHUNK = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
_MOST_MANIFEST_BYTES = 1 << 30
_MOST_NAMED = 3


class ArchiveWriter:
    """Writes beside the final place under another name; only a finished backup gets the name that was asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._members: dict[str, dict[str, Any]] = {}
        self._out: IO[bytes]

    def __enter__(self) -> Self:
        descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._out = os.fdopen(descriptor, "wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # of a disk that is full
            self._out.close()
        self._draft.unlink(missing_ok=True)

    def add(self, name: str, source: IO[bytes]) -> int:
        """Store a member of unknown length: its header, as long for any length, is written last in the place kept for it."""
        start = self._out.tell()
        self._out.write(bytes(len(_header(name, 0))))
        digest, size = hashlib.sha256(), 0
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            self._out.write(chunk)
            size += len(chunk)
        self._out.write(bytes(-size % _BLOCK))
        end = self._out.tell()
        self._out.seek(start)
        self._out.write(_header(name, size))
        self._out.seek(end)
        self._members[name] = {"size": size, "sha256": digest.hexdigest()}
        return size

    def finish(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Write the manifest, put everything on disk and give the file its name; return the whole manifest."""
        whole = manifest | {"members": dict(self._members)}
        text = json.dumps(whole, indent=1, sort_keys=True).encode()
        self.add(MANIFEST, io.BytesIO(text))
        self.add(SEAL, io.BytesIO(f"{hashlib.sha256(text).hexdigest()}\n".encode()))
        self._out.write(bytes(2 * _BLOCK))
        self._out.flush()
        os.fsync(self._out.fileno())
        self._draft.rename(self.path)
        _sync_folder(self.path.parent)
        return whole


@dataclass
class Archive:
    """A backup's file whose every byte has been checked."""

    path: Path
    manifest: dict[str, Any]
    _places: dict[str, tuple[int, int]] = field(repr=False)

    @property
    def files(self) -> list[str]:
        """Names of the stored files, as the storage knows them."""
        return [name.removeprefix(FILES) for name in self._places if name.startswith(FILES)]

    def read(self, name: str) -> Iterator[bytes]:
        """Return a member's content in pieces."""
        start, left = self._places[name]
        with self.path.open("rb") as source:
            source.seek(start)
            while left and (chunk := source.read(min(left, _CHUNK))):
                left -= len(chunk)
                yield chunk


def open_archive(path: Path) -> Archive:
    """Read a backup from end to end and return it, or say what is wrong with it."""
    places: dict[str, tuple[int, int]] = {}
    found: dict[str, dict[str, Any]] = {}
    manifest = seal = b""
    try:
        with path.open("rb") as source, tarfile.open(fileobj=source, mode="r:") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is None or not _is_plain(member.name) or member.name in places:
                    message = f"{path} is not a backup of this product: {member.name!r} does not belong in one."
                    raise CorruptError(message)
                digest, size, kept = hashlib.sha256(), 0, []
                keeps = member.name in (MANIFEST, SEAL) and member.size < _MOST_MANIFEST_BYTES
                while chunk := content.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    kept += [chunk] if keeps else []
                places[member.name] = (member.offset_data, size)
                found[member.name] = {"size": size, "sha256": digest.hexdigest()}
                manifest, seal = _kept(member.name, b"".join(kept), manifest, seal)
    except FileNotFoundError:
        message = f"There is no file {path}."
        raise BackupError(message) from None
    except IsADirectoryError:
        message = f"{path} is a folder; name the backup's file."
        raise BackupError(message) from None
    except (tarfile.TarError, EOFError) as error:
        message = f"{path} is damaged or no backup: {error}. Nothing was changed."
        raise CorruptError(message) from error
    except OSError as error:
        message = f"{path} can't be read: {error.strerror}."
        raise BackupError(message) from error
    return Archive(path, _checked(path, manifest, seal, found), places)


def out_of_space(error: OSError, where: Path) -> BackupError:
    """Return what a failed write means."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpaceError(f"The disk of {where} is full; nothing was left behind.")
    return BackupError(f"{where} can't be written: {error.strerror}.")


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT, errors="strict")


def _kept(name: str, content: bytes, manifest: bytes, seal: bytes) -> tuple[bytes, bytes]:
    return (content if name == MANIFEST else manifest), (content if name == SEAL else seal)


def _checked(path: Path, manifest: bytes, seal: bytes, found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if not manifest or not seal:
        message = f"{path} ends in the middle: it is no whole backup. Nothing was changed."
        raise CorruptError(message)
    if hashlib.sha256(manifest).hexdigest() != seal.decode("ascii", "replace").strip():
        message = f"The list of contents of {path} was altered. Nothing was changed."
        raise CorruptError(message)
    whole: dict[str, Any] = json.loads(manifest)
    expected = whole.get("members", {})
    wrong = sorted(
        name for name in expected.keys() | found.keys() - {MANIFEST, SEAL} if expected.get(name) != found.get(name)
    )
    if wrong:
        others = " and others" if wrong[_MOST_NAMED:] else ""
        message = f"{path} is damaged: {', '.join(wrong[:_MOST_NAMED])}{others}. Nothing was changed."
        raise CorruptError(message)
    return whole


def _is_plain(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name in (DUMP, MANIFEST, SEAL) or (name.startswith(FILES) and ".." not in parts and len(parts) > 1)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

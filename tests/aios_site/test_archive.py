"""The backup's file: what goes in comes out, and a file that was cut, altered or made by something else is refused."""

import errno
import io
import random
import stat
import tarfile
from pathlib import Path

import pytest

from aios_site.backup.archive import DUMP, FILES, MANIFEST, ArchiveWriter, open_archive, out_of_space
from aios_site.backup.errors import BackupError, CorruptError, NoSpaceError

LONG = "models/" + "f" * 200 + "/" + "0" * 64 + ".skops"


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A finished backup of two files and a dump."""
    path = tmp_path / "backup.tar"
    with ArchiveWriter(path) as archive:
        archive.add(DUMP, io.BytesIO(b"d" * 5000))
        archive.add(FILES + LONG, io.BytesIO(random.Random(1).randbytes(3_000_000)))
        archive.add(FILES + "empty", io.BytesIO(b""))
        archive.finish({"format": 1})
    return path


def test_what_was_stored_is_read_back_and_any_tar_reads_it(whole: Path) -> None:
    archive = open_archive(whole)
    assert archive.manifest["format"] == 1
    assert archive.files == [LONG, "empty"]
    assert b"".join(archive.read(DUMP)) == b"d" * 5000
    assert b"".join(archive.read(FILES + LONG)) == random.Random(1).randbytes(3_000_000)
    assert b"".join(archive.read(FILES + "empty")) == b""
    with tarfile.open(whole) as tar:
        assert tar.getnames() == [DUMP, FILES + LONG, FILES + "empty", MANIFEST, "manifest.sha256"]
    assert stat.S_IMODE(whole.stat().st_mode) == 0o600


def test_an_unfinished_backup_leaves_nothing(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "backup.tar") as archive:
        archive.add(DUMP, io.BytesIO(b"half"))
        assert [path.name.endswith(".part") for path in tmp_path.iterdir()] == [True]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_cut_anywhere_is_refused(whole: Path) -> None:
    content = whole.read_bytes()
    dice = random.Random(7)
    # The two empty blocks that end a tar say nothing; everything before them counts.
    for length in [0, 1, 511, 512, len(content) - 1600, *(dice.randrange(len(content) - 1536) for _ in range(40))]:
        whole.write_bytes(content[:length])
        with pytest.raises(CorruptError):
            open_archive(whole)


def test_a_byte_that_was_changed_anywhere_in_a_member_is_noticed(whole: Path) -> None:
    content = whole.read_bytes()
    with tarfile.open(whole) as tar:
        spans = [(member.offset_data, member.size) for member in tar if member.size]
    dice = random.Random(8)
    for start, size in spans * 8:
        place = start + dice.randrange(size)
        whole.write_bytes(content[:place] + bytes([content[place] ^ 1 << dice.randrange(8)]) + content[place + 1 :])
        if b"".join(content[place : place + 1].split()):  # white space around the last hash means nothing
            with pytest.raises(CorruptError):
                open_archive(whole)


@pytest.mark.parametrize("name", ["files/../../etc/passwd", "/etc/passwd", "other", "files/"])
def test_a_tar_with_anything_else_in_it_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "foreign.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(CorruptError, match="does not belong"):
        open_archive(path)


def test_a_link_in_a_tar_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.tar"
    link = tarfile.TarInfo("files/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(path, "w") as tar:
        tar.addfile(link)
    with pytest.raises(CorruptError, match="does not belong"):
        open_archive(path)


def test_no_file_and_a_folder_are_said_to_be_that(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="There is no file"):
        open_archive(tmp_path / "none.tar")
    with pytest.raises(BackupError, match="is a folder"):
        open_archive(tmp_path)


def test_a_full_disk_is_told_from_other_troubles(tmp_path: Path) -> None:
    assert isinstance(out_of_space(OSError(errno.ENOSPC, "No space left on device"), tmp_path), NoSpaceError)
    assert not isinstance(out_of_space(OSError(errno.EACCES, "Permission denied"), tmp_path), NoSpaceError)

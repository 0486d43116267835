"""pg_dump and pg_restore: those that came with the product, else those of the machine, and never older than the server."""

import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from aios_site.backup.errors import ToolMissingError
from aios_site.stack.errors import StackError
from aios_site.stack.programs import find_programs

_DEBIAN = Path("/usr/lib/postgresql")


def find_program(name: str, server_version: int) -> Path:
    """Return a program that understands the server; `server_version` as libpq gives it, 180004 for 18.4."""
    needed = server_version // 10000
    tried = []
    for candidate in _candidates(name):
        major = _major(candidate)
        if major >= needed:
            return candidate
        tried.append(f"{candidate} is of version {major}")
    message = f"{name} of PostgreSQL {needed} or later is needed and not here ({'; '.join(tried) or 'none found'})."
    raise ToolMissingError(message)


def _candidates(name: str) -> list[Path]:
    found = []
    with suppress(StackError):  # a server of one's own needs no embedded one
        found.append(find_programs().postgres_bin / name)
    if on_path := shutil.which(name):
        found.append(Path(on_path))
    found += sorted(_DEBIAN.glob(f"*/bin/{name}"), reverse=True)
    return [path for path in found if path.is_file()]


def _major(program: Path) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    found = re.search(r"(\d+)(?:\.\d+)*\s*(?:\(|$)", done.stdout.strip())
    return int(found[1]) if done.returncode == 0 and found else 0

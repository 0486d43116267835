"""The product's source as a round runs it: a copy of its own, so that nothing changes under it and mutations touch nothing."""

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("aios_site", "governance", "review", "routing", "static", "tests", "manage.py", "pyproject.toml")


@dataclass(frozen=True)
class Patch:
    """One exact replacement in one file."""

    file: str
    before: str
    after: str


class PatchError(Exception):
    """The source is no longer what a mutation was written for."""


def copy_source(into: Path, patches: list[Patch] | None = None) -> Path:
    """Copy the product and apply the patches; each must match exactly once."""
    into.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".hypothesis")
    for part in _PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, into / part, ignore=ignored)
        else:
            shutil.copy2(ROOT / part, into / part)
    for patch in patches or []:
        file = into / patch.file
        file.write_text(patched(file.read_text(), patch))
    return into


def patched(text: str, patch: Patch) -> str:
    """Return a file's text with the patch applied."""
    if text.count(patch.before) != 1:
        message = f"{patch.file} has {text.count(patch.before)} places, not one, that read:\n{patch.before}"
        raise PatchError(message)
    return text.replace(patch.before, patch.after)

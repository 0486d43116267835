"""JSON Pointers (RFC 6901) into payloads."""

from collections.abc import Iterable, Sequence
from typing import Any

ABSENT: Any = object()


def pointer(parts: Iterable[str | int]) -> str:
    """Return the pointer that follows the parts from the root."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(text: str) -> tuple[str, ...]:
    """Return the unescaped parts of a pointer; raises ValueError where it is not one."""
    if text and not text.startswith("/"):
        message = "a JSON Pointer is empty or begins with /"
        raise ValueError(message)
    if "~" in text.replace("~0", "").replace("~1", ""):
        message = "in a JSON Pointer ~ is followed by 0 or 1"
        raise ValueError(message)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def resolve(document: Any, text: str) -> Any:
    """Return what the pointer names in the document, or ABSENT."""
    found = document
    for part in parts_of(text):
        if isinstance(found, dict):
            found = found.get(part, ABSENT)
        elif isinstance(found, list) and part.isascii() and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return ABSENT
    return found


def missing_fields(document: Any, pointers: Sequence[str]) -> tuple[str, ...]:
    """Return the pointers that name nothing, null, or an empty text, list or object."""
    return tuple(text for text in pointers if _is_empty(resolve(document, text)))


def _is_empty(found: Any) -> bool:
    return found is ABSENT or found is None or (isinstance(found, str | list | dict) and not found)

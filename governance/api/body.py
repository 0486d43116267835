"""Reading a JSON object member by member: cheap checks, and all that is wrong with it in one answer."""

import math
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from governance.api.errors import FieldsInvalidError

_MISSING = object()


class Body:
    """A JSON object being read; `close()` refuses it if a member was missing, unknown or of the wrong kind."""

    def __init__(self, value: Any, *, known: Collection[str]) -> None:
        self.errors: list[dict[str, str]] = []
        self._members: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.refuse("", "type", "A JSON object is expected.")
        elif not self._members.keys() <= set(known):
            for name in sorted(self._members.keys() - set(known)):
                self.refuse(f"/{name[:80]}", "unknown", "There is no such member here.")

    def refuse(self, pointer: str, code: str, message: str) -> None:
        """Note what is wrong with a member."""
        self.errors.append({"pointer": pointer, "code": code, "message": message})

    def text(self, name: str, *, most: int, is_required: bool = False) -> str:
        """Return a text of one line; empty where it is missing or null."""
        value = self._get(name, is_required=is_required)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.isprintable():
            self.refuse(f"/{name}", "type", "A text without control characters is expected.")
            return ""
        if len(value) > most or (is_required and not value):
            self.refuse(f"/{name}", "length", f"Between {int(is_required)} and {most} characters are taken.")
        return value

    def prose(self, name: str, *, most: int) -> str:
        """Return a text of any number of lines."""
        value = self._get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > most:
            self.refuse(f"/{name}", "type", f"A text of at most {most} characters is expected.")
            return ""
        return value

    def whole(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        """Return a whole number within its bounds; required where there is no default."""
        value = self._get(name, is_required=default is None)
        if value is None:
            return default or 0
        if type(value) is not int or not least <= value <= most:
            self.refuse(f"/{name}", "range", f"A whole number from {least} to {most} is expected.")
            return least
        return value

    def flag(self, name: str) -> bool:
        """Return true or false; false where it is missing or null."""
        value = self._get(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(f"/{name}", "type", "true or false is expected.")
        return value is True

    def number(self, name: str) -> float | None:
        """Return a finite number, or none."""
        value = self._get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.refuse(f"/{name}", "type", "A number is expected.")
            return None
        return float(value)

    def ids(self, name: str, *, most: int, is_required: bool = False) -> list[UUID]:
        """Return a list of ids, each once; empty where it is missing or null."""
        value = self._get(name, is_required=is_required)
        if value is None:
            return []
        if not isinstance(value, list) or not int(is_required) <= len(value) <= most:
            self.refuse(f"/{name}", "length", f"A list of {int(is_required)} to {most} ids is expected.")
            return []
        found = [_id(one) for one in value]
        for number, one in enumerate(found):
            if one is None:
                self.refuse(f"/{name}/{number}", "format", "An id is expected.")
        return list(dict.fromkeys(one for one in found if one is not None))

    def id_or_null(self, name: str) -> UUID | None:
        """Return an id, or none where the member is null; it must be there."""
        value = self._members.get(name, _MISSING)
        found = _id(value)
        if value is not None and found is None:
            code = "required" if value is _MISSING else "format"
            self.refuse(f"/{name}", code, "An id, or null, is expected.")
        return found

    def members(self, name: str, *, is_required: bool = False) -> dict[str, Any]:
        """Return an object."""
        value = self._get(name, is_required=is_required)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.refuse(f"/{name}", "type", "A JSON object is expected.")
            return {}
        return value

    def time(self, name: str) -> datetime:
        """Return a required time, which says its offset from UTC."""
        text = self.text(name, most=40, is_required=True)
        at = _time(text)
        if text and at is None:
            self.refuse(f"/{name}", "format", "A time with its offset is expected, as 2026-01-31T12:00:00Z.")
        return at or datetime.min.replace(tzinfo=UTC)

    def has(self, name: str) -> bool:
        """Tell whether a member is there, even as null."""
        return name in self._members

    def any(self, name: str) -> Any:
        """Return whatever is there; the caller checks it."""
        return self._members.get(name)

    def close(self) -> None:
        """Refuse the object if anything was wrong with it."""
        if self.errors:
            raise FieldsInvalidError(
                detail=f"{len(self.errors)} member(s) of the body can't be accepted: {self.errors[0]['message']}",
                extra={"errors": self.errors[:20]},
            )

    def _get(self, name: str, *, is_required: bool = False) -> Any:
        value = self._members.get(name, _MISSING)
        if value is _MISSING or value is None:
            if is_required:
                self.refuse(f"/{name}", "required", "This member is required.")
            return None
        return value


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None

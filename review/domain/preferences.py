"""What a person sets for themselves at the workstation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Which key does what unless a person chose another; the workstation has the same list with the words beside it.
USUAL_KEYS: dict[str, str] = {
    "accept": "a",
    "reject": "x",
    "undo": "u",
    "note": "n",
    "skip": "s",
    "escalate": "e",
    "snooze": "z",
    "reveal": "r",
    "templates": "y",
    "similar": "b",
    "card": "m",
    "next": "j",
    "previous": "k",
    "turn": "t",
    "fit": "f",
    "search": "/",
}
TEXT_SIZES = ("normal", "large", "largest")
MOST_BREAK_MIN = 240
_KEY = re.compile(r"[a-z/.,;'\[\]]")


@dataclass(frozen=True, slots=True)
class Preferences:
    """A person's settings; `keys` holds what differs from the usual ones, `break_every_min` 0 is never."""

    keys: dict[str, str] = field(default_factory=dict)
    text_size: str = "normal"
    blur_images: bool = False
    grey_images: bool = False
    break_every_min: int = 0
    language: str = "en"

    def problems(self, languages: Mapping[str, Any]) -> list[dict[str, str]]:
        """Return what is wrong, as pointers with sentences; empty where all is well."""
        found = [
            {"pointer": f"/keys/{name[:40]}", "code": "unknown", "message": "There is no such action."}
            for name in self.keys.keys() - USUAL_KEYS.keys()
        ]
        found += [
            {
                "pointer": f"/keys/{name}",
                "code": "format",
                "message": "A key is one small letter or one of / . , ; ' [ ].",
            }
            for name, key in self.keys.items()
            if name in USUAL_KEYS and not (isinstance(key, str) and _KEY.fullmatch(key))
        ]
        if not found:
            found += self._conflicts()
        if self.text_size not in TEXT_SIZES:
            found.append({"pointer": "/text_size", "code": "unknown", "message": f"One of {', '.join(TEXT_SIZES)}."})
        if self.language not in languages:
            found.append({"pointer": "/language", "code": "unknown", "message": f"One of {', '.join(languages)}."})
        return found

    def stored(self) -> dict[str, Any]:
        """Return the settings as they are kept and shown."""
        return {
            "keys": dict(self.keys),
            "text_size": self.text_size,
            "blur_images": self.blur_images,
            "grey_images": self.grey_images,
            "break_every_min": self.break_every_min,
            "language": self.language,
        }

    def _conflicts(self) -> list[dict[str, str]]:
        pressed: dict[str, list[str]] = {}
        for name, key in (USUAL_KEYS | self.keys).items():
            pressed.setdefault(key, []).append(name)
        return [
            {
                "pointer": f"/keys/{next(name for name in names if name in self.keys)}",
                "code": "conflict",
                "message": f"The key {key} would do {' and '.join(names)}.",
            }
            for key, names in pressed.items()
            if len(names) > 1
        ]


def preferences_from(stored: Mapping[str, Any]) -> Preferences:
    """Return stored settings; what an older or newer version kept otherwise falls back to the usual."""
    usual = Preferences()
    kept = {name: stored[name] for name in usual.stored() if type(stored.get(name)) is type(getattr(usual, name))}
    keys = {name: key for name, key in kept.get("keys", {}).items() if name in USUAL_KEYS}
    return Preferences(**(kept | {"keys": keys}))

"""One line that names an item in a list; the workstation's page makes the same line of an item that it holds."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from review.domain.masking import mask
from routing.domain.pointers import pointer

MOST_LETTERS = 120

_SHORT = 60
_TITLES = re.compile(r"subject|title|headline", re.IGNORECASE)


def short_title(payload: Any, *, views: Mapping[str, Any], sensitive: Iterable[str]) -> str:
    """Return the item's title, or the first words of its text; empty where it has neither. Sensitive fields are left out."""
    shown = mask(payload, sensitive).payload
    if not isinstance(shown, dict):
        return ""
    viewed = [(views.get(pointer((key,))) or _guess(key, value), value) for key, value in shown.items()]
    for wanted in ("title", "text"):
        found = next((value for view, value in viewed if view == wanted and isinstance(value, str)), "")
        if words := " ".join(found.split()):
            return _cut(words)
    return ""


def _guess(key: str, value: Any) -> str | None:
    """Return the view of a field without annotation, by name and length."""
    if _TITLES.fullmatch(key) and isinstance(value, str):
        return "title"
    if isinstance(value, str) and (len(value) > _SHORT or "\n" in value):
        return "text"
    return None


def _cut(words: str) -> str:
    """Return as many whole words as fit into the line."""
    if len(words) <= MOST_LETTERS:
        return words
    head, space, _rest = words[: MOST_LETTERS - 1].rpartition(" ")
    return (head if space else words[: MOST_LETTERS - 1]) + "…"

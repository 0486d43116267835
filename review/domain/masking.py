"""Leaving out of a payload what its contract calls sensitive, with the places where something was left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from routing.domain.pointers import parts_of, pointer
from routing.domain.schemas import ANY

_Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Masked:
    """A payload with null for everything sensitive, and the JSON Pointers of these places, in the payload's order."""

    payload: Any
    pointers: tuple[str, ...]


def mask(payload: Any, sensitive: Iterable[str]) -> Masked:
    """Return the payload without what stands at the sensitive places (`*` for any item or key); the given one stays whole.

    Where a place holds others, it goes as a whole and they are not listed. Null stays null and is not listed: it hides
    nothing. A payload that is sensitive altogether keeps the names of its fields.
    """
    wanted = [parts_of(place) or (ANY,) for place in sensitive]
    found: list[str] = []
    return Masked(_mask(payload, wanted, (), found), tuple(found)) if wanted else Masked(payload, ())


def _mask(value: Any, wanted: Sequence[_Parts], path: _Parts, found: list[str]) -> Any:
    """Return the value without what the rests of the wanted places name in it."""
    if value is None or not wanted:
        return value
    if not all(wanted):
        found.append(pointer(path))
        return None
    if isinstance(value, dict):
        return {key: _mask(inner, _below(wanted, key), (*path, key), found) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mask(inner, _below(wanted, str(at)), (*path, str(at)), found) for at, inner in enumerate(value)]
    return value


def _below(wanted: Sequence[_Parts], step: str) -> list[_Parts]:
    return [rest[1:] for rest in wanted if rest[0] in (ANY, step)]

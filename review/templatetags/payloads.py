"""A payload on a page, by its contract's annotations."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _

from review.templatetags.shown import NOTHING
from routing.domain.pointers import pointer
from routing.selectors.contracts import ContractFacts

register = template.Library()

_LONG = 60
_MASK = "•"


@dataclass(frozen=True, slots=True)
class Part:
    """One field: `kind` is title, text, fact, image, table or conversation; masked ones show as dots."""

    name: str
    kind: str
    value: Any
    is_sensitive: bool


@register.simple_tag
def payload_parts(payload: dict[str, Any], contract: ContractFacts, reveal: bool = False) -> list[Part]:
    """Return the fields in the payload's order; sensitive ones masked unless the caller may see them."""
    return [
        _part(name, value, contract, reveal=reveal)
        for name, value in payload.items()
        if contract.views.get(pointer([name])) != "hidden"
    ]


def _part(name: str, value: Any, contract: ContractFacts, *, reveal: bool) -> Part:
    place = pointer([name])
    is_sensitive = _is_place(place, contract.sensitive)
    kind = contract.views.get(place) or _guess(value)
    shown = value if reveal else masked(value, place, contract.sensitive)
    if kind == "image":
        shown = _grid(value)
    elif kind == "table" and isinstance(shown, list):
        shown = _table(shown)
    elif kind not in {"title", "text", "conversation"}:
        kind, shown = "fact", _line(shown)
    return Part(
        name=name.replace("_", " ").capitalize(),
        kind=kind,
        value=shown,
        is_sensitive=is_sensitive,
    )


def masked(value: Any, place: str, sensitive: Iterable[str]) -> Any:
    """Return a value with its sensitive places as dots: the first letter of each word stays."""
    places = tuple(sensitive)
    if isinstance(value, dict):
        return {key: masked(inner, place + pointer([key]), places) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, place + pointer([index]), places) for index, inner in enumerate(value)]
    if value is None or not _is_place(place, places):
        return value
    return " ".join(word[:1] + _MASK * 5 for word in str(value).split()[:4])


def _is_place(place: str, patterns: Iterable[str]) -> bool:
    parts = place.split("/")
    return any(
        len(pattern) == len(parts) and all(want in ("*", have) for want, have in zip(pattern, parts, strict=True))
        for pattern in (text.split("/") for text in patterns)
    )


def _guess(value: Any) -> str:
    if isinstance(value, str) and (len(value) > _LONG or "\n" in value):
        return "text"
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return "table"
    return "fact"


def _line(value: Any) -> str:
    match value:
        case None | "":
            return NOTHING
        case bool():
            return _("yes") if value else _("no")
        case dict():
            return ", ".join(f"{key.replace('_', ' ')}: {_line(inner)}" for key, inner in value.items())
        case list():
            return ", ".join(_line(inner) for inner in value)
        case _:
            return str(value)


def _table(rows: list[Any]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
    return {
        "names": [name.replace("_", " ").capitalize() for name in names],
        "rows": [[_line(row.get(name)) if isinstance(row, dict) else _line(row) for name in names] for row in rows],
    }


def _grid(value: Any) -> dict[str, Any] | str | None:
    """Return rows of grey values as cells for an SVG, or the address of an image."""
    if isinstance(value, str):
        return value
    cells = value.get("pixels") if isinstance(value, dict) else value
    if not isinstance(cells, list) or not cells:
        return None
    rows = cells if isinstance(cells[0], list) else _rows(cells)
    most = max(1, *(max(row) for row in rows))
    return {
        "width": len(rows[0]),
        "height": len(rows),
        "cells": [(x, y, round(dot / most, 3)) for y, row in enumerate(rows) for x, dot in enumerate(row) if dot],
    }


def _rows(cells: list[float]) -> list[list[float]]:
    side = max(1, round(len(cells) ** 0.5))
    return [cells[begin : begin + side] for begin in range(0, side * side, side)]

"""A payload on a page, by its contract's annotations; what is masked becomes a button that reveals it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from review.templatetags.shown import NOTHING, visible
from routing.domain.pointers import parts_of, pointer
from routing.selectors.contracts import ContractFacts

register = template.Library()

_LONG = 60
_TEXT_OF_A_TURN = ("text", "body", "message", "content")
_AUTHOR_OF_A_TURN = ("from", "author", "role")


@dataclass(frozen=True, slots=True)
class Hidden:
    """What stands in the place of a masked value: where it is, and what its field is called."""

    pointer: str
    name: str


Pieces = list[str | Hidden]


@dataclass(frozen=True, slots=True)
class Part:
    """One field: `kind` is title, text, fact, group, image, table or conversation; texts are pieces: some may be hidden."""

    name: str
    kind: str
    value: Any


@register.simple_tag
def payload_parts(payload: dict[str, Any], masked: Iterable[str], contract: ContractFacts) -> list[Part]:
    """Return the fields in the payload's order; `masked` are the pointers whose values were taken out of it."""
    places = {place: Hidden(place, _name_of(place, contract)) for place in masked}
    return [
        _part(name, _marked(value, pointer([name]), places), contract)
        for name, value in payload.items()
        if contract.views.get(pointer([name])) != "hidden"
    ]


@register.filter
def pieces(value: Pieces) -> SafeString:
    """Return text as it is and a button for each hidden piece of it."""
    return format_html_join("", "{}", ((_button(one) if isinstance(one, Hidden) else visible(one),) for one in value))


def _button(hidden: Hidden) -> SafeString:
    return format_html(
        '<button class="masked" type="button" data-reveal="{}" aria-label="{}">'
        '<svg class="icon icon--sm" aria-hidden="true"><use href="{}#i-lock"/></svg>{}</button>',
        hidden.pointer,
        _("Reveal: %(name)s") % {"name": hidden.name},
        static("icons.svg"),
        _("Reveal"),
    )


def _name_of(place: str, contract: ContractFacts) -> str:
    """Return what a field is called: its title in the contract, else its own name in words."""
    named = [part for part in parts_of(place) if not part.isdigit()]
    return contract.titles.get(place) or (_humanised(named[-1]) if named else place)


def _humanised(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _marked(value: Any, place: str, hidden: dict[str, Hidden]) -> Any:
    """Return the value with a mark wherever something was taken out of it."""
    if not hidden:
        return value
    if place in hidden:
        return hidden[place]
    if isinstance(value, dict):
        return {key: _marked(inner, place + pointer([key]), hidden) for key, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner, place + pointer([at]), hidden) for at, inner in enumerate(value)]
    return value


def _hides(value: Any) -> bool:
    """Tell whether something was taken out of the value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, Hidden) or any(_hides(one) for one in inner)


def _part(name: str, value: Any, contract: ContractFacts) -> Part:
    place = pointer([name])
    kind = contract.views.get(place) or _guess(value)
    if kind not in {"title", "text"} and (isinstance(value, Hidden) or (kind == "image" and _hides(value))):
        kind = "fact"
    shown: Any
    if kind == "image":
        shown = _grid(value)
    elif kind == "table" and isinstance(value, list):
        shown = _table(value)
    elif kind == "conversation" and isinstance(value, list):
        shown = [_turn(one) for one in value]
    elif isinstance(value, dict) and value:
        kind = "group"
        shown = [(_name_of(place + pointer([key]), contract), _pieces(inner)) for key, inner in value.items()]
    else:
        kind, shown = kind if kind in {"title", "text"} else "fact", _pieces(value)
    return Part(name=contract.titles.get(place) or _humanised(name), kind=kind, value=shown)


def _guess(value: Any) -> str:
    if isinstance(value, str) and (len(value) > _LONG or "\n" in value):
        return "text"
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return "table"
    return "fact"


def _pieces(value: Any) -> Pieces:
    match value:
        case Hidden():
            return [value]
        case None | "":
            return [NOTHING]
        case bool():
            return [_("yes") if value else _("no")]
        case dict():
            return _joined([[f"{key.replace('_', ' ')}: ", *_pieces(inner)] for key, inner in value.items()])
        case list():
            return _joined([_pieces(inner) for inner in value])
        case _:
            return [str(value)]


def _joined(runs: Sequence[Pieces]) -> Pieces:
    return list(chain.from_iterable(run if at == 0 else [", ", *run] for at, run in enumerate(runs)))


def _turn(turn: Any) -> dict[str, Pieces]:
    if not isinstance(turn, dict):
        return {"author": [], "text": _pieces(turn)}
    return {"author": _first(turn, _AUTHOR_OF_A_TURN), "text": _first(turn, _TEXT_OF_A_TURN)}


def _first(turn: dict[str, Any], names: Iterable[str]) -> Pieces:
    return next((_pieces(turn[name]) for name in names if turn.get(name)), [])


def _table(rows: list[Any]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
    return {
        "names": [_humanised(name) for name in names],
        "rows": [[_pieces(row.get(name)) if isinstance(row, dict) else _pieces(row) for name in names] for row in rows],
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

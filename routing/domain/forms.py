"""The form that an output schema asks for: one field for each thing a person can correct, read from the schema alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from routing.domain.plain_schemas import is_branched, members, plain
from routing.domain.pointers import pointer

LABEL = "label"
MAX_FIELDS = 200
MAX_DEPTH = 4
LINE_LENGTH = 200

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength")


class FieldKind(StrEnum):
    """How a field is asked for."""

    TEXT = "text"
    PROSE = "prose"
    CHOICE = "choice"
    CHOICES = "choices"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    LINES = "lines"
    ROWS = "rows"
    JSON = "json"


_SIMPLE = {kind.value: kind for kind in (FieldKind.BOOLEAN, FieldKind.INTEGER, FieldKind.NUMBER)}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form.

    `is_required` holds where the answer can't do without it; `needed_with` names the optional object that can't be sent
    without it. `source` and `confidence` are pointers into the payload: what it starts with, and how sure its reader was.
    """

    pointer: str
    name: str
    title: str
    kind: FieldKind
    is_required: bool
    needed_with: str = ""
    is_nullable: bool = False
    options: tuple[tuple[Any, str], ...] = ()
    rules: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    confidence: str = ""
    default: Any = None
    columns: tuple["FormField", ...] = ()


def form_of(output_schema: Mapping[str, Any]) -> list[FormField]:
    """Return the fields of an output schema besides its label, in the order of `x-order`; objects are taken apart.

    What has no field of its own (alternatives, lists of lists, nesting beyond four levels) is asked for as JSON, so that
    every contract can be answered. Past 200 fields the rest is left out.
    """
    named = {name: part for name, part in members(output_schema).items() if name != LABEL}
    fields = _members(output_schema, {**output_schema, "properties": named}, path=(), optional=None)
    return [found for _, found in zip(range(MAX_FIELDS), fields, strict=False)]


def needed_names(output_schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the names that an answer can't do without, the label among them where the schema requires it."""
    listed = output_schema.get("required")
    return frozenset(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else frozenset()


def _members(
    root: Mapping[str, Any], node: Mapping[str, Any], *, path: tuple[str, ...], optional: str | None
) -> Iterator[FormField]:
    """Yield the fields of an object schema; `optional` is the nearest object around them that may be left out."""
    required = needed_names(node)
    for name, part in members(node).items():
        if part is False:
            continue
        own, is_nullable = plain(root, part)
        if own.get("x-view") == "hidden":
            continue
        inner = (*path, name)
        is_required = name in required
        if _is_object(own) and len(inner) < MAX_DEPTH:
            yield from _members(root, own, path=inner, optional=optional if is_required else pointer(inner))
        else:
            yield _field(root, own, inner, is_required=is_required, optional=optional, is_nullable=is_nullable)


def _field(
    root: Mapping[str, Any],
    node: Mapping[str, Any],
    path: tuple[str, ...],
    *,
    is_required: bool,
    optional: str | None,
    is_nullable: bool,
) -> FormField:
    place = pointer(path)
    kind, options, columns = _shape(root, node)
    source, confidence = node.get("x-from"), node.get("x-confidence")
    return FormField(
        pointer=place,
        name=path[-1],
        title=str(node.get("title") or _words(path[-1])),
        kind=kind,
        is_required=is_required and optional is None,
        needed_with=optional if is_required and optional else "",
        is_nullable=is_nullable or any(value is None for value in node.get("enum") or ()),
        options=options,
        rules=_rules(root, node, kind),
        source=source if isinstance(source, str) and source.startswith("/") else place,
        confidence=confidence if isinstance(confidence, str) and confidence.startswith("/") else "",
        default=node.get("default"),
        columns=columns,
    )


def _shape(
    root: Mapping[str, Any], node: Mapping[str, Any]
) -> tuple[FieldKind, tuple[tuple[Any, str], ...], tuple[FormField, ...]]:
    """Return a schema's kind of field, with its options and columns."""
    if options := _options(node):
        return FieldKind.CHOICE, options, ()
    named = node.get("type")
    if named == "array":
        return _list_shape(root, node)
    if isinstance(named, str) and named in _SIMPLE:
        return _SIMPLE[named], (), ()
    is_text = named in {"string", None} and not is_branched(node)
    return _text_kind(node) if is_text else FieldKind.JSON, (), ()


def _list_shape(
    root: Mapping[str, Any], node: Mapping[str, Any]
) -> tuple[FieldKind, tuple[tuple[Any, str], ...], tuple[FormField, ...]]:
    entry, _ = plain(root, node.get("items"))
    if "prefixItems" in node:
        return FieldKind.JSON, (), ()
    if options := _options(entry):
        return FieldKind.CHOICES, options, ()
    if entry.get("type") in {"string", "integer", "number"}:
        return FieldKind.LINES, (), ()
    if _is_object(entry):
        columns = tuple(_members(root, entry, path=(), optional=None))
        listed = {FieldKind.LINES, FieldKind.ROWS, FieldKind.JSON, FieldKind.CHOICES}
        if columns and len(columns) <= MAX_FIELDS and all(column.kind not in listed for column in columns):
            return FieldKind.ROWS, (), columns
    return FieldKind.JSON, (), ()


def _text_kind(node: Mapping[str, Any]) -> FieldKind:
    if node.get("format") == "date":
        return FieldKind.DATE
    most = node.get("maxLength")
    is_long = isinstance(most, int) and most > LINE_LENGTH
    return FieldKind.PROSE if is_long or node.get("x-view") == "text" else FieldKind.TEXT


def _options(node: Mapping[str, Any]) -> tuple[tuple[Any, str], ...]:
    """Return the values to choose from with their titles; none where it is no choice between plain values."""
    titles = node.get("x-titles")
    named: Mapping[str, Any] = titles if isinstance(titles, dict) else {}
    alternatives = node.get("oneOf") or node.get("anyOf")
    if isinstance(node.get("enum"), list):
        pairs = [(value, named.get(str(value))) for value in node["enum"]]
    elif "const" in node:
        pairs = [(node["const"], node.get("title"))]
    elif isinstance(alternatives, list) and all(isinstance(part, dict) and "const" in part for part in alternatives):
        pairs = [(part["const"], part.get("title")) for part in alternatives]
    else:
        return ()
    if any(isinstance(value, dict | list) for value, _ in pairs):
        return ()
    return tuple((value, str(title or _words(str(value)))) for value, title in pairs if value is not None)


def _rules(root: Mapping[str, Any], node: Mapping[str, Any], kind: FieldKind) -> dict[str, Any]:
    """Return what a browser can check and say of a field before it is sent."""
    rules: dict[str, Any] = {name: node[name] for name in _NUMBERS if _is_number(node.get(name))}
    rules |= {name: node[name] for name in ("minItems", "maxItems") if _is_number(node.get(name))}
    rules |= {name: node[name] for name in ("pattern", "format", "description") if isinstance(node.get(name), str)}
    if isinstance(unit := node.get("x-unit"), str):
        rules["unit"] = unit
    if kind is FieldKind.LINES:
        rules["entries"] = plain(root, node.get("items"))[0]["type"]
    return rules


def _is_object(node: Mapping[str, Any]) -> bool:
    """Tell whether a schema is an object of named fields; one with alternatives is answered as a whole."""
    return isinstance(node.get("properties"), dict) and node.get("type", "object") == "object" and not is_branched(node)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _words(name: str) -> str:
    """Return `card_number` as `Card number`."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]

"""What the fields of a form start with: values that the payload brings, unless they are sensitive."""

from collections.abc import Iterable, Mapping
from typing import Any

from routing.domain.forms import FieldKind, FormField
from routing.domain.pointers import ABSENT, parts_of, resolve
from routing.domain.schemas import ANY

Pattern = tuple[str, ...]


def filled(form: Iterable[FormField], payload: Any, *, sensitive: Iterable[str]) -> list[dict[str, Any]]:
    """Return the form as an API shows it, each field with its `initial` value where the payload has a fitting one.

    A value that is sensitive, lies inside a sensitive place or holds one is no initial value: it would go around the mask.
    """
    places = [parts_of(place) for place in sensitive]
    return [_described(one) | _read(one, payload, places) for one in form]


def _read(one: FormField, payload: Any, sensitive: list[Pattern]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    found = _at(payload, one.source, sensitive)
    initial = _fitting(one, found)
    if initial is None:
        initial = _fitting(one, one.default)
    elif one.source:
        told["source"] = one.source
    if initial is not None:
        told["initial"] = initial
    sure = _at(payload, one.confidence, sensitive) if one.confidence else ABSENT
    if isinstance(sure, int | float) and not isinstance(sure, bool) and 0 <= sure <= 1:
        told["confidence"] = sure
    return told


def _at(payload: Any, place: str, sensitive: list[Pattern]) -> Any:
    try:
        parts = parts_of(place)
    except ValueError:
        return ABSENT
    return ABSENT if any(_overlap(pattern, parts) for pattern in sensitive) else resolve(payload, place)


def _overlap(pattern: Pattern, parts: Pattern) -> bool:
    """Tell whether one of two places lies in the other."""
    return all(want in (ANY, have) for want, have in zip(pattern, parts, strict=False))


def _fitting(one: FormField, value: Any) -> Any:  # noqa: PLR0911 - a return a kind
    """Return the value as the field can hold it, or None."""
    if value is ABSENT or value is None:
        return None
    match one.kind:
        case FieldKind.CHOICE:
            return value if _is_option(one, value) else None
        case FieldKind.CHOICES:
            return value if isinstance(value, list) and all(_is_option(one, entry) for entry in value) else None
        case FieldKind.BOOLEAN:
            return value if isinstance(value, bool) else None
        case FieldKind.INTEGER:
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        case FieldKind.NUMBER:
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None
        case FieldKind.LINES:
            return (
                value
                if isinstance(value, list) and not any(isinstance(entry, dict | list) for entry in value)
                else None
            )
        case FieldKind.ROWS:
            return _rows(one, value)
        case FieldKind.JSON:
            return value
        case _:
            return value if isinstance(value, str) else None


def _rows(one: FormField, value: Any) -> list[dict[str, Any]] | None:
    """Return a list of objects with only the columns that the form knows."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        return None
    names = [(column.pointer, column) for column in one.columns]
    rows = []
    for row in value:
        kept: dict[str, Any] = {}
        for place, column in names:
            if (found := _fitting(column, resolve(row, place))) is not None:
                _put(kept, parts_of(place), found)
        rows.append(kept)
    return rows


def _put(into: dict[str, Any], parts: Pattern, value: Any) -> None:
    for part in parts[:-1]:
        into = into.setdefault(part, {})
    into[parts[-1]] = value


def _is_option(one: FormField, value: Any) -> bool:
    """Tell whether the field offers a value; true and 1 are two values."""
    return any(value == option and isinstance(value, bool) == isinstance(option, bool) for option, _ in one.options)


def _described(one: FormField) -> dict[str, Any]:
    """Return a field as JSON; what it does not have is left out."""
    told: dict[str, Any] = {
        "name": one.name,
        "pointer": one.pointer,
        "title": one.title,
        "kind": one.kind.value,
        "required": one.is_required,
    }
    told |= {_NAMES.get(name, name): value for name, value in _sorted(one.rules)}
    if one.needed_with:
        told["needed_with"] = one.needed_with
    if one.is_nullable:
        told["nullable"] = True
    if one.options:
        told["options"] = [{"value": value, "title": title} for value, title in one.options]
    if one.columns:
        told["columns"] = [_described(column) for column in one.columns]
    return told


def _sorted(rules: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(rules.items())


_NAMES = {
    "exclusiveMaximum": "exclusive_maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "maxItems": "max_items",
    "maxLength": "max_length",
    "minItems": "min_items",
    "minLength": "min_length",
    "multipleOf": "multiple_of",
}

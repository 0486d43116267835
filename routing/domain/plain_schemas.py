"""A schema as one person would write it down: references followed, and null taken off what may be null."""

from collections.abc import Mapping
from typing import Any

from routing.domain.schemas import target

_MAX_STEPS = 8


def names_in_order(schema: Mapping[str, Any]) -> list[str]:
    """Return the names that an object schema knows in the order of its `x-order`, else what is required first.

    The database keeps a contract, but not the order in which an object's members were written.
    """
    listed = [schema.get(key) for key in ("x-order", "required")]
    first = [name for names in listed if isinstance(names, list) for name in names if isinstance(name, str)]
    named = schema.get("properties")
    return list(dict.fromkeys([*first, *(named if isinstance(named, dict) else ())]))


def members(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of an object schema in its order."""
    named = schema.get("properties")
    return {name: named[name] for name in names_in_order(schema) if name in named} if isinstance(named, dict) else {}


def is_branched(node: Mapping[str, Any]) -> bool:
    """Tell whether a schema has alternatives or conditions."""
    return any(key in node for key in ("anyOf", "oneOf", "allOf", "if", "not"))


def plain(root: Mapping[str, Any], node: Any) -> tuple[Mapping[str, Any], bool]:
    """Return a schema with references followed and null taken off, and whether null is allowed; outer annotations win."""
    is_nullable = False
    for _ in range(_MAX_STEPS):
        if not isinstance(node, dict):
            return {}, is_nullable
        if "$ref" in node:
            found = target(root, node["$ref"])
            rest = {key: value for key, value in node.items() if key != "$ref"}
            node = (found if isinstance(found, dict) else {}) | rest
        elif key := _nullable_key(node):
            kept = [part for part in node[key] if not _is_null(part)]
            rest = {name: value for name, value in node.items() if name != key}
            is_nullable = True
            node = kept[0] | rest if len(kept) == 1 and isinstance(kept[0], dict) else rest | {key: kept}
        elif isinstance(node.get("type"), list):
            types = [name for name in node["type"] if name != "null"]
            is_nullable = is_nullable or len(types) < len(node["type"])
            node = node | {"type": _one_of(types)}
        else:
            return node, is_nullable
    return {"type": "any"}, is_nullable


def _one_of(types: list[Any]) -> str:
    """Return the one type that a field with several is asked for as."""
    if len(types) == 1 or "string" in types:
        return "string" if "string" in types else str(types[0])
    return "number" if set(types) <= {"integer", "number"} else "any"


def _nullable_key(node: Mapping[str, Any]) -> str | None:
    """Return the keyword under which null is one of the alternatives."""
    listed = ((key, node.get(key)) for key in ("anyOf", "oneOf"))
    return next((key for key, parts in listed if isinstance(parts, list) and any(map(_is_null, parts))), None)


def _is_null(node: Any) -> bool:
    return isinstance(node, dict) and (node.get("type") == "null" or ("const" in node and node["const"] is None))

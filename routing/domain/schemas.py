"""Walking a JSON Schema 2020-12: its subschemas, and the annotations that belong to places of the instance."""

from collections.abc import Iterator, Mapping
from typing import Any

from routing.domain.pointers import ABSENT, pointer, resolve

Path = tuple[str | int, ...]

ANY = "*"

_SINGLE = (
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")

_SAME_PLACE = ("if", "then", "else", "not")
_SAME_PLACE_LISTS = ("allOf", "anyOf", "oneOf")
_ANY_CHILD = ("additionalProperties", "contains", "items", "unevaluatedItems", "unevaluatedProperties")


def subschemas(schema: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield the schemas directly inside a schema with their paths in it."""
    for key in _SINGLE:
        if key in schema:
            yield (key,), schema[key]
    for key in _LISTS:
        if isinstance(listed := schema.get(key), list):
            yield from (((key, index), part) for index, part in enumerate(listed))
    for key in _MAPS:
        if isinstance(mapped := schema.get(key), dict):
            yield from (((key, name), part) for name, part in mapped.items())


def nodes(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield every object schema in a schema, itself included, with its path."""
    if isinstance(schema, dict):
        yield path, schema
        for step, part in subschemas(schema):
            yield from nodes(part, path + step)


def target(root: Mapping[str, Any], reference: Any) -> Any:
    """Return what a local reference names, or ABSENT."""
    if not isinstance(reference, str):
        return ABSENT
    if reference == "#" or reference.startswith("#/"):
        return resolve(root, reference[1:])
    anchored = (node for _, node in nodes(root) if reference[1:] in {node.get("$anchor"), node.get("$dynamicAnchor")})
    return next(anchored, ABSENT)


def expansion(root: Mapping[str, Any]) -> int:
    """Return how many schemas the references unfold to, each cycle counted once."""
    known: dict[int, int] = {}
    open_: set[int] = set()

    def count(node: Any) -> int:
        if not isinstance(node, dict) or id(node) in open_:
            return 1
        if id(node) not in known:
            open_.add(id(node))
            inside = [part for (key, *_), part in subschemas(node) if key not in {"$defs", "definitions"}]
            inside += [target(root, node[key]) for key in ("$ref", "$dynamicRef") if key in node]
            known[id(node)] = 1 + sum(map(count, inside))
            open_.discard(id(node))
        return known[id(node)]

    return count(root)


def annotated(root: Mapping[str, Any], keyword: str) -> dict[str, Any]:
    """Return the annotation of each place that has one: pointer, `*` for any item or any other key, to its value."""
    found: dict[str, Any] = {}
    seen: set[tuple[int, Path]] = set()
    waiting: list[tuple[Any, Path, frozenset[int]]] = [(root, (), frozenset())]
    while waiting:
        node, path, above = waiting.pop()
        if not isinstance(node, dict) or id(node) in above or (id(node), path) in seen:
            continue
        seen.add((id(node), path))
        if keyword in node:
            found.setdefault(pointer(path), node[keyword])
        inside = above | {id(node)}
        waiting += [(part, path + step, inside) for part, step in _places(root, node)]
    return found


def endless(root: Mapping[str, Any]) -> set[str]:
    """Return the places (JSON Pointers) of the instance from which on a schema contains itself, to any depth."""
    found: set[str] = set()
    waiting: list[tuple[Any, Path, dict[int, Path]]] = [(root, (), {})]
    seen: set[tuple[int, Path]] = set()
    while waiting:
        node, path, above = waiting.pop()
        if isinstance(node, dict) and id(node) in above:
            found.add(pointer(above[id(node)]))
        elif isinstance(node, dict) and (id(node), path) not in seen:
            seen.add((id(node), path))
            waiting += [(part, path + step, above | {id(node): path}) for part, step in _places(root, node)]
    return found


def _places(root: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[tuple[Any, Path]]:
    """Yield the schemas that a schema applies, with the step from its place in the instance to theirs."""
    if "$ref" in node:
        yield target(root, node["$ref"]), ()
    yield from ((node[key], ()) for key in _SAME_PLACE if key in node)
    yield from ((part, ()) for key in _SAME_PLACE_LISTS for part in node.get(key) or [])
    yield from ((part, ()) for part in (node.get("dependentSchemas") or {}).values())
    yield from ((node[key], (ANY,)) for key in _ANY_CHILD if key in node)
    yield from ((part, (ANY,)) for part in (node.get("patternProperties") or {}).values())
    yield from ((part, (index,)) for index, part in enumerate(node.get("prefixItems") or []))
    yield from ((part, (name,)) for name, part in (node.get("properties") or {}).items())

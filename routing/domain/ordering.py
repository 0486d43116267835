"""A payload in the order of its contract: the database keeps what an object holds, but not in which order it came."""

from collections.abc import Mapping
from typing import Any

from routing.domain.plain_schemas import members, names_in_order, plain


def ordered(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return the value with the members of its objects in the order of the schema's; unknown ones come last."""
    return _ordered(value, schema, schema)


def _ordered(value: Any, node: Any, root: Mapping[str, Any]) -> Any:
    schema, _ = plain(root, node)
    if isinstance(value, list):
        entry = schema.get("items")
        return value if entry is None else [_ordered(inner, entry, root) for inner in value]
    if not isinstance(value, dict):
        return value
    named = members(schema)
    known = {name: _ordered(value[name], named.get(name), root) for name in names_in_order(schema) if name in value}
    return known | {name: inner for name, inner in value.items() if name not in known}

"""Putting given values into a row: only what may be changed, each checked as its field says."""

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from governance.domain import InvalidError

# What refers to other rows is checked by whoever sets it.
_REFERRING = ("workspace", "workflow")


def put(
    row: Model,
    content: Mapping[str, Any],
    *,
    changeable: Collection[str],
    unchecked: Collection[str] = _REFERRING,
    refusal: type[InvalidError] = InvalidError,
) -> dict[str, list[Any]]:
    """Put the content into the row, unsaved, and return what it changed: [before, after] by name.

    Raises the refusal with the first field that does not take its value.
    """
    unknown = content.keys() - set(changeable)
    if unknown:
        message = f"not to be changed in {type(row).__name__}: {sorted(unknown)}"
        raise TypeError(message)
    before = {name: getattr(row, name) for name in content}
    for name, value in content.items():
        setattr(row, name, value)
    try:
        row.clean_fields(exclude=set(unchecked))
    except ValidationError as error:
        raise refusal(" ".join(error.messages), extra={"field": next(iter(error.message_dict))}) from None
    pairs = {name: [before[name], getattr(row, name)] for name in content}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

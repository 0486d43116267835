"""Contracts: which JSON Schemas are taken, what a payload breaks, and what the annotations say."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from routing.domain.pointers import parts_of, pointer
from routing.domain.schemas import ANY, annotated, endless, expansion, nodes

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_SCHEMA_BYTES = 128 * 1024
MAX_SCHEMA_DEPTH = 32
MAX_EXPANSION = 20_000
MAX_PROBLEMS = 20
MAX_LABELS = 2_000
LABEL_LENGTH = 200

_SHOWN_NAMES = 5
_NAME_LENGTH = 60
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef", "$id")

_MESSAGES = {
    "const": "Must be the one value that the contract allows.",
    "dependentRequired": "A field that must come with another is missing.",
    "exclusiveMaximum": "Must be less than {limit}.",
    "exclusiveMinimum": "Must be more than {limit}.",
    "format": "Must have the format {format}.",
    "maxItems": "Must have at most {limit} entries.",
    "maxLength": "Must have at most {limit} characters.",
    "maxProperties": "Must have at most {limit} fields.",
    "maximum": "Must be at most {limit}.",
    "minItems": "Must have at least {limit} entries.",
    "minLength": "Must have at least {limit} characters.",
    "minProperties": "Must have at least {limit} fields.",
    "minimum": "Must be at least {limit}.",
    "multipleOf": "Must be a multiple of {multiple_of}.",
    "pattern": "Must match the pattern {pattern}.",
    "uniqueItems": "Must not hold the same entry twice.",
}


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """Why a schema is not taken, and where in it (JSON Pointer)."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A schema ready for checking, with the places of its sensitive fields (`*` for any item or key)."""

    validator: Draft202012Validator
    sensitive: tuple[tuple[str, ...], ...]


def check_schema(schema: Any, *, is_output: bool = False) -> list[SchemaProblem]:  # noqa: PLR0911 - a return a refusal
    """Return what keeps the schema from being a contract's; an empty list means that it is taken."""
    if not isinstance(schema, dict):
        return [SchemaProblem("", "A schema is a JSON object.")]
    if _is_too_deep(schema):
        return [SchemaProblem("", f"The schema nests more than {MAX_SCHEMA_DEPTH} levels deep.")]
    if len(json.dumps(schema)) > MAX_SCHEMA_BYTES:
        return [SchemaProblem("", f"The schema is larger than {MAX_SCHEMA_BYTES} bytes.")]
    found = list(_framing_problems(schema))
    if found:
        return found[:MAX_PROBLEMS]
    try:
        _build(schema)
    except ValidationError as error:
        return [SchemaProblem(pointer(error.instance_path), f"Not a 2020-12 schema: {error.message}")]
    except ValueError as error:
        return [SchemaProblem("", f"Not a 2020-12 schema: {error}")]
    if expansion(schema) > MAX_EXPANSION:
        return [SchemaProblem("", "References multiply: checking against the schema would take too long.")]
    return list(_label_problems(schema) if is_output else _masking_problems(schema))


def compile_schema(schema: Mapping[str, Any]) -> Compiled:
    """Return the validator of a schema that check_schema takes; equal schemas share one."""
    return _compiled(json.dumps(schema, sort_keys=True))


def problems(compiled: Compiled, instance: Any) -> list[dict[str, str]]:
    """Return at most 20 of `{pointer, message, code}`; no message repeats a value of the instance."""
    if compiled.validator.is_valid(instance):
        return []
    found: dict[tuple[str, str], dict[str, str]] = {}
    for error in compiled.validator.iter_errors(instance):
        problem = _problem(error, compiled.sensitive)
        found.setdefault((problem["pointer"], problem["message"]), problem)
        if len(found) == MAX_PROBLEMS:
            break
    return list(found.values())


def labels_of(output_schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the labels that the output schema allows, in its order; empty means any text."""
    label = (output_schema.get("properties") or {}).get("label")
    listed = label.get("enum") if isinstance(label, dict) else None
    return tuple(listed) if isinstance(listed, list) else ()


def views_of(input_schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return how fields are shown: pointer (`*` for any item or key) to its `x-view`."""
    return annotated(input_schema, "x-view")


def titles_of(input_schema: Mapping[str, Any]) -> dict[str, str]:
    """Return what fields are called: pointer (`*` for any item or key) to the schema's `title`."""
    found = annotated(input_schema, "title")
    return {place: title for place, title in found.items() if place and isinstance(title, str)}


def sensitive_of(input_schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sensitive fields: pointer (`*` for any item or key) to its `x-sensitive`, unless that is false."""
    return {place: kind for place, kind in annotated(input_schema, "x-sensitive").items() if kind}


def _build(schema: Any) -> Draft202012Validator:
    """Return a validator that fetches nothing, whose patterns run in linear time and whose messages hide values."""
    return Draft202012Validator(
        schema,
        validate_formats=True,
        ignore_unknown_formats=True,
        offline=True,
        mask="the value",
        pattern_options=RegexOptions(size_limit=1_000_000),
    )


@lru_cache(maxsize=512)
def _compiled(text: str) -> Compiled:
    schema = json.loads(text)
    return Compiled(_build(schema), tuple(parts_of(place) for place in sensitive_of(schema)))


def _is_too_deep(schema: Any) -> bool:
    level = [schema]
    for _ in range(MAX_SCHEMA_DEPTH):
        inner = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list)]
        level = [part for parts in inner for part in parts]
    return any(isinstance(part, dict | list) for part in level)


def _framing_problems(schema: Mapping[str, Any]) -> Iterator[SchemaProblem]:
    if str(schema.get("$schema", DIALECT)).removesuffix("#") != DIALECT:
        yield SchemaProblem("/$schema", f"The dialect must be {DIALECT}.")
    if schema.get("type") != "object":
        yield SchemaProblem("/type", "The type must be object.")
    for path, node in nodes(schema):
        for key in _REFERENCES:
            if key in node and not str(node[key]).startswith("#"):
                yield SchemaProblem(pointer((*path, key)), f"{key} must stay inside the schema (#...).")
        if path and "$schema" in node:
            yield SchemaProblem(pointer((*path, "$schema")), "Only the outermost schema names its dialect.")


def _masking_problems(schema: Mapping[str, Any]) -> Iterator[SchemaProblem]:
    """Yield the sensitive places that repeat without end: masking goes by place, and these have no last one."""
    repeated = endless(schema)
    for place in sensitive_of(schema):
        if any(place == start or place.startswith(f"{start}/") for start in repeated):
            yield SchemaProblem("", f"{place} is sensitive inside a schema that contains itself; write its levels out.")


def _label_problems(schema: Mapping[str, Any]) -> Iterator[SchemaProblem]:
    label = (schema.get("properties") or {}).get("label")
    if not isinstance(label, dict) or "enum" not in label:
        return
    listed = label["enum"]
    if not listed or len(listed) > MAX_LABELS:
        yield SchemaProblem("/properties/label/enum", f"There must be 1 to {MAX_LABELS} labels.")
    elif not all(isinstance(name, str) and name.strip() and len(name) <= LABEL_LENGTH for name in listed):
        yield SchemaProblem("/properties/label/enum", f"A label is a text of 1 to {LABEL_LENGTH} characters.")
    elif len(set(listed)) != len(listed):
        yield SchemaProblem("/properties/label/enum", "A label stands twice.")


def _problem(error: ValidationError, sensitive: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    path = list(error.instance_path)
    code = error.kind.name
    for place in sensitive:
        if len(place) <= len(path) and all(want in {ANY, str(got)} for want, got in zip(place, path, strict=False)):
            message = _message(code, error.kind, may_name=False)
            return {"pointer": pointer(path[: len(place)]), "message": message, "code": code}
    if code == "required":
        path.append(error.kind.value if isinstance(error.kind.value, str) else "")
    return {"pointer": pointer(path), "message": _message(code, error.kind, may_name=True), "code": code}


def _message(code: str, kind: Any, *, may_name: bool) -> str:  # noqa: PLR0911 - a return a keyword
    """Return our sentence for a broken keyword; it may name fields of the schema, and unknown ones if `may_name`."""
    if code in _MESSAGES:
        return _MESSAGES[code].format_map({name: getattr(kind, name, "") for name in _PARAMETERS})
    match code:
        case "required":
            return "This field is missing." if may_name else "A field is missing."
        case "type":
            return f"Must be of type {' or '.join(kind.types)}."
        case "enum":
            options = ", ".join(json.dumps(option, ensure_ascii=False) for option in kind.options[:20])
            return f"Must be one of {options}{', ...' if len(kind.options) > 20 else ''}."  # noqa: PLR2004
        case "additionalProperties" | "unevaluatedProperties" if may_name:
            names = ", ".join(str(name)[:_NAME_LENGTH] for name in kind.unexpected[:_SHOWN_NAMES])
            return f"The contract does not know: {names}{', ...' if len(kind.unexpected) > _SHOWN_NAMES else ''}."
        case "additionalProperties" | "unevaluatedProperties":
            return "The contract does not know a field in here."
        case "falseSchema":
            return "The contract does not allow this field."
        case "anyOf" | "oneOf":
            return "Fits none, or more than one, of the forms that the contract allows."
        case _:
            return f"Breaks the contract's rule {code}."


_PARAMETERS = ("limit", "format", "multiple_of", "pattern")

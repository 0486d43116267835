"""Which schemas are taken, what payloads break, what annotations say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.contracts import (
    MAX_PROBLEMS,
    check_schema,
    compile_schema,
    labels_of,
    problems,
    sensitive_of,
    views_of,
)

INPUT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 3, "x-view": "text"},
        "email": {"type": "string", "format": "email", "x-sensitive": "contact"},
        "person": {
            "type": "object",
            "x-sensitive": True,
            "properties": {"age": {"type": "integer"}},
            "additionalProperties": False,
        },
        "amount/eur": {"type": "number", "exclusiveMinimum": 0},
        "thread": {"type": "array", "items": {"$ref": "#/$defs/turn"}, "maxItems": 50},
        "kind": {"enum": ["a", "b"]},
    },
    "$defs": {"turn": {"type": "object", "properties": {"body": {"type": "string", "x-view": "quote"}}}},
}


def broken(instance: Any, schema: dict[str, Any] = INPUT) -> list[tuple[str, str]]:
    return [(problem["pointer"], problem["code"]) for problem in problems(compile_schema(schema), instance)]


def test_a_contracts_schema_is_taken() -> None:
    assert check_schema(INPUT) == []


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ([], ""),
        ({"type": "array"}, "/type"),
        ({}, "/type"),
        ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}, "/$schema"),
        ({"type": "object", "$id": "https://example.org/x"}, "/$id"),
        ({"type": "object", "properties": {"a": {"$ref": "https://example.org/x"}}}, "/properties/a/$ref"),
        ({"type": "object", "properties": {"a": {"$ref": "other.json"}}}, "/properties/a/$ref"),
        ({"type": "object", "allOf": [{"not": {"$dynamicRef": "file:///etc/passwd"}}]}, "/allOf/0/not/$dynamicRef"),
        ({"type": "object", "$ref": "#/$defs/gone"}, ""),
        ({"type": "object", "properties": {"a": {"type": "strin"}}}, "/properties/a/type"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "/properties/a/pattern"),
        ({"type": "object", "properties": []}, "/properties"),
        ({"type": "object", "description": "x" * 200_000}, ""),
    ],
)
def test_other_schemas_are_refused_where_they_are_wrong(schema: Any, pointer: str) -> None:
    found = check_schema(schema)
    assert [problem.pointer for problem in found] == [pointer]
    assert found[0].message


def test_a_field_may_be_called_like_a_keyword() -> None:
    names = ["id", "$id", "$ref", "type", "x-view"]
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    assert check_schema(schema) == []
    assert broken({"$ref": 1}, schema) == [("/$ref", "type")]


def test_schemas_that_nest_or_multiply_are_refused() -> None:
    deep: dict[str, Any] = {"type": "object"}
    for _ in range(5_000):
        deep = {"type": "object", "not": deep}
    doubling = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(30)}
    bomb = {"type": "object", "allOf": [{"$ref": "#/$defs/d0"}], "$defs": {**doubling, "d30": {}}}
    assert "deep" in check_schema(deep)[0].message
    assert "multiply" in check_schema(bomb)[0].message


def test_a_schema_may_refer_to_itself() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "v": {"type": "integer"}}}
    assert check_schema(tree) == []
    assert broken({"left": {"right": {"v": "x"}}}, tree) == [("/left/right/v", "type")]
    assert views_of(tree) == {}


@pytest.mark.parametrize(
    ("label", "is_fine"),
    [
        ({"enum": ["a", "b"]}, True),
        ({"type": "string"}, True),
        (None, True),
        ({"enum": ["a", "a"]}, False),
        ({"enum": ["a", 1]}, False),
        ({"enum": [" "]}, False),
        ({"enum": ["x" * 201]}, False),
        ({"enum": []}, False),
    ],
)
def test_labels_of_an_output_are_distinct_texts(label: Any, is_fine: bool) -> None:
    schema = {"type": "object", "properties": {} if label is None else {"label": label}}
    assert (check_schema(schema, is_output=True) == []) is is_fine


def test_labels_keep_their_order() -> None:
    assert labels_of({"properties": {"label": {"enum": ["b", "a"]}}}) == ("b", "a")
    assert labels_of({"type": "object"}) == ()


def test_problems_point_to_what_is_wrong() -> None:
    assert broken({"text": "fine", "amount/eur": 2, "thread": [{"body": "x"}]}) == []
    assert set(broken({"text": "x", "amount/eur": 0, "kind": "c", "thread": [{}, {"body": 1}], "more": 1})) == {
        ("/text", "minLength"),
        ("/amount~1eur", "exclusiveMinimum"),
        ("/kind", "enum"),
        ("/thread/1/body", "type"),
        ("", "additionalProperties"),
    }
    assert broken({}) == [("/text", "required")]
    assert broken([]) == [("", "type")]


def test_at_most_twenty_problems_are_told() -> None:
    assert len(problems(compile_schema(INPUT), {"text": "fine", "thread": [1] * 45})) == MAX_PROBLEMS


def test_annotations_are_found_behind_references() -> None:
    assert views_of(INPUT) == {"/text": "text", "/thread/*/body": "quote"}
    assert sensitive_of(INPUT) == {"/email": "contact", "/person": True}


SECRET = "Zq7xSecret"


@given(st.sampled_from(["text", "email", "person", "amount/eur", "thread", "kind"]), st.integers(0, 4))
def test_no_message_repeats_a_value(name: str, shape: int) -> None:
    value = [SECRET, [SECRET], {"body": SECRET}, {"age": SECRET}, [{"body": [SECRET]}]][shape]
    told = json.dumps(problems(compile_schema(INPUT), {"text": "fine", name: value}))
    assert SECRET not in told


def test_inside_a_sensitive_field_not_even_names_are_told() -> None:
    told = problems(compile_schema(INPUT), {"text": "fine", "person": {SECRET: 1, "age": "x"}})
    assert {problem["pointer"] for problem in told} == {"/person"}
    assert SECRET not in json.dumps(told)


def test_equal_schemas_share_a_validator() -> None:
    assert compile_schema(INPUT) is compile_schema(json.loads(json.dumps(INPUT)))


def test_patterns_run_in_linear_time() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    assert broken({"a": "a" * 50_000 + "!"}, schema) == [("/a", "pattern")]


@pytest.mark.parametrize("is_sensitive", [True, False], ids=["sensitive", "not"])
def test_what_is_sensitive_has_a_last_level(is_sensitive: bool) -> None:
    """Masking goes by place, and a schema that contains itself has places without end."""
    reply = {
        "type": "object",
        "properties": {
            "author": {"type": "string", "x-sensitive": is_sensitive},
            "replies": {"type": "array", "items": {"$ref": "#/$defs/reply"}},
        },
    }
    schema = {"type": "object", "$defs": {"reply": reply}, "properties": {"thread": {"$ref": "#/$defs/reply"}}}

    found = check_schema(schema)

    assert bool(found) is is_sensitive
    assert all("contains itself" in problem.message for problem in found)

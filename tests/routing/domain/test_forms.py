"""Which form a contract's output schema asks for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.contracts import check_schema
from routing.domain.forms import MAX_FIELDS, FieldKind, FormField, form_of, needed_names


def schema(properties: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties} | rest


def only(part: Any, **rest: Any) -> FormField:
    (found,) = form_of(schema({"x": part}, **rest))
    return found


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"title": "Anything"}, "text"),
        ({"type": "string", "maxLength": 200}, "text"),
        ({"type": "string", "maxLength": 201}, "prose"),
        ({"type": "string", "x-view": "text"}, "prose"),
        ({"type": "string", "format": "date"}, "date"),
        ({"enum": ["a", "b"]}, "choice"),
        ({"const": 3}, "choice"),
        ({"oneOf": [{"const": 1, "title": "One"}, {"const": 2}]}, "choice"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "number"),
        ({"type": ["number", "null"]}, "number"),
        ({"type": ["integer", "number"]}, "number"),
        ({"type": ["string", "number"]}, "text"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer"),
        ({"$ref": "#/$defs/day"}, "date"),
        ({"type": "array", "items": {"enum": ["a"]}}, "choices"),
        ({"type": "array", "items": {"type": "string"}}, "lines"),
        ({"type": "array", "items": {"type": "number"}}, "lines"),
        ({"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}, "rows"),
        ({"type": "array", "items": {"properties": {"deep": {"type": "array", "items": {"type": "string"}}}}}, "json"),
        ({"type": "array", "items": {"type": "array"}}, "json"),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, "json"),
        ({"type": "array"}, "json"),
        ({"type": "object"}, "json"),
        ({"enum": [["a"], {"b": 1}]}, "text"),
        ({"oneOf": [{"type": "string"}, {"type": "number"}]}, "json"),
        ({"allOf": [{"type": "string"}]}, "json"),
        (True, "text"),
    ],
    ids=str,
)
def test_each_kind_of_schema_has_its_kind_of_field(part: Any, kind: str) -> None:
    assert only(part, **{"$defs": {"day": {"type": "string", "format": "date"}}}).kind == kind


def test_the_label_is_no_field_and_what_is_forbidden_or_hidden_neither() -> None:
    form = form_of(schema({"label": {"enum": ["a"]}, "no": False, "own": {"x-view": "hidden"}, "kept": {}}))

    assert [field.name for field in form] == ["kept"]


def test_a_label_inside_an_object_or_a_row_is_a_field() -> None:
    inner = {"type": "object", "properties": {"label": {"type": "string"}}}
    form = form_of(schema({"box": inner, "rows": {"type": "array", "items": inner}}))

    assert [(field.pointer, [column.name for column in field.columns]) for field in form] == [
        ("/box/label", []),
        ("/rows", ["label"]),
    ]


def test_objects_are_taken_apart_and_say_what_they_can_not_do_without() -> None:
    point = {"type": "object", "required": ["x"], "properties": {"x": {"type": "number"}, "y": {"type": "number"}}}
    place = {"type": "object", "required": ["street"], "properties": {"street": {}, "at": point}}
    form = form_of(schema({"a/b": place, "sure": point}, required=["sure"]))

    assert {field.pointer: (field.is_required, field.needed_with) for field in form} == {
        "/a~1b/street": (False, "/a~1b"),
        "/a~1b/at/x": (False, "/a~1b/at"),
        "/a~1b/at/y": (False, ""),
        "/sure/x": (True, ""),
        "/sure/y": (False, ""),
    }


def test_fields_stand_in_the_order_that_the_schema_names_then_the_needed_ones() -> None:
    form = form_of(schema({name: {} for name in "abcd"}, required=["d", "c"], **{"x-order": ["b", "no", 3]}))

    assert [field.name for field in form] == ["b", "d", "c", "a"]


def test_titles_come_from_the_schema_else_from_the_name() -> None:
    form = form_of(
        schema({"due_date": {}, "n": {"title": "Number"}, "c": {"enum": ["big_one", 2], "x-titles": {"2": "Two"}}})
    )

    assert [field.title for field in form] == ["Due date", "Number", "C"]
    assert form[2].options == (("big_one", "Big one"), (2, "Two"))


def test_null_among_the_options_is_not_an_option_but_allowed() -> None:
    field = only({"enum": ["a", None]})

    assert (field.options, field.is_nullable) == ((("a", "A"),), True)


def test_rules_are_those_a_browser_can_check() -> None:
    field = only(
        {
            "type": "number",
            "minimum": 0,
            "multipleOf": 0.01,
            "x-unit": "EUR",
            "description": "With tax",
            "maximum": True,
        }
    )

    assert field.rules == {"minimum": 0, "multipleOf": 0.01, "unit": "EUR", "description": "With tax"}


def test_sources_are_pointers_else_the_own_place() -> None:
    assert only({"x-from": "/read/x", "x-confidence": "/sure/x"}).source == "/read/x"
    assert only({"x-from": "read", "x-confidence": 3}).source == "/x"
    assert only({"x-from": "read", "x-confidence": 3}).confidence == ""


def test_a_schema_that_contains_itself_ends_as_json() -> None:
    node = {"type": "object", "properties": {"name": {"type": "string"}, "inner": {"$ref": "#/$defs/node"}}}
    form = form_of(schema({"top": {"$ref": "#/$defs/node"}}, **{"$defs": {"node": node}}))

    assert [field.pointer for field in form][-1] == "/top/inner/inner/inner"
    assert form[-1].kind == FieldKind.JSON


def test_a_reference_to_itself_alone_is_asked_for_as_json() -> None:
    assert only({"$ref": "#/$defs/a"}, **{"$defs": {"a": {"$ref": "#/$defs/a"}}}).kind == FieldKind.JSON


def test_the_number_of_fields_is_bounded() -> None:
    assert len(form_of(schema({f"f{n}": {} for n in range(MAX_FIELDS + 50)}))) == MAX_FIELDS


def test_needed_names_are_those_required_by_name() -> None:
    assert needed_names({"required": ["label", "x", 3]}) == {"label", "x"}
    assert needed_names({}) == frozenset()


words = st.sampled_from(["a", "b/c", "~", "label", "type", "enum", "$ref", "items"])
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["string", "null", "object", "#", "#/$defs/a", "/x"])
)
keywords = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "items",
        "enum",
        "const",
        "oneOf",
        "anyOf",
        "$ref",
        "$defs",
        "x-from",
        "x-view",
        "title",
    ]
)
schemas = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keywords | words, inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(words, schemas, max_size=4), st.dictionaries(keywords, schemas, max_size=3))
def test_every_schema_has_a_form(properties: dict[str, Any], rest: dict[str, Any]) -> None:
    whole = rest | {"type": "object", "properties": properties}
    form = form_of(whole) if not check_schema(whole) else []

    places = [field.pointer for field in form]
    assert len(places) == len(set(places)), "each field has a place of its own"
    assert all(place.startswith("/") and place != "/label" and not place.startswith("/label/") for place in places)
    assert all(not (field.is_required and field.needed_with) for field in form)

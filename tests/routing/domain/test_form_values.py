"""What a form starts with."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.form_values import filled
from routing.domain.forms import form_of


def initial(part: dict[str, Any], payload: Any, *sensitive: str) -> Any:
    (field,) = filled(form_of({"properties": {"x": part}}), payload, sensitive=sensitive)
    return field.get("initial")


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        ({"type": "string"}, "a", "a"),
        ({"type": "string"}, 3, None),
        ({"type": "number"}, 41.9, 41.9),
        ({"type": "number"}, True, None),
        ({"type": "number"}, "41.9", None),
        ({"type": "integer"}, 4.5, None),
        ({"type": "boolean"}, False, False),
        ({"type": "boolean"}, 0, None),
        ({"enum": ["a", 1]}, 1, 1),
        ({"enum": ["a", 1]}, True, None),
        ({"enum": ["a"]}, "b", None),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ["b"], ["b"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ["c"], None),
        ({"type": "array", "items": {"type": "string"}}, ["c"], ["c"]),
        ({"type": "array", "items": {"type": "string"}}, [["c"]], None),
        (
            {"type": "array", "items": {"properties": {"n": {"type": "integer"}}}},
            [{"n": 1, "own": 2}, {}],
            [{"n": 1}, {}],
        ),
        ({"type": "array", "items": {"properties": {"n": {"type": "integer"}}}}, [3], None),
        ({"type": "object"}, {"any": 1}, {"any": 1}),
        ({"type": "string"}, None, None),
        ({"type": "string", "default": "d"}, None, "d"),
        ({"type": "string", "default": "d"}, "e", "e"),
        ({"type": "number", "default": "d"}, None, None),
    ],
    ids=str,
)
def test_a_value_of_the_same_name_is_taken_where_it_fits(part: dict[str, Any], value: Any, expected: Any) -> None:
    found = initial(part, {"x": value})

    assert found == expected
    assert type(found) is type(expected)


def test_a_value_from_elsewhere_names_its_place() -> None:
    form = form_of({"properties": {"x": {"type": "number", "x-from": "/read/0/total", "x-confidence": "/sure"}}})
    (field,) = filled(form, {"x": 1, "read": [{"total": 2}], "sure": 0.6}, sensitive=())

    assert (field["initial"], field["source"], field["confidence"]) == (2, "/read/0/total", 0.6)


@pytest.mark.parametrize("sensitive", ["/read/total", "/read", "/*/total", "/read/*", "/read/total/deep"])
def test_a_sensitive_value_never_goes_around_its_mask(sensitive: str) -> None:
    assert initial({"type": "number", "x-from": "/read/total"}, {"read": {"total": 2}}, sensitive) is None
    assert initial({"type": "object", "x-from": "/read"}, {"read": {"total": 2}}, sensitive) is None


def test_a_confidence_that_is_none_is_left_out() -> None:
    for value in (True, 2, -0.1, "high", None):
        (field,) = filled(form_of({"properties": {"x": {"x-confidence": "/sure"}}}), {"sure": value}, sensitive=())
        assert "confidence" not in field


def test_pointers_that_are_none_lead_nowhere() -> None:
    assert initial({"type": "string", "x-from": "/~2"}, {"~2": "a"}) is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyn"), inner, max_size=3),
)


@given(values)
def test_any_payload_can_be_asked(payload: Any) -> None:
    form = form_of(
        {
            "properties": {
                "x": {"type": "string"},
                "y": {
                    "properties": {"x": {"enum": [1, True, "a"]}, "n": {"type": "array", "items": {"type": "number"}}}
                },
                "n": {
                    "type": "array",
                    "items": {"properties": {"x": {"type": "integer"}, "y": {"properties": {"n": {}}}}},
                },
            }
        }
    )

    assert len(filled(form, payload, sensitive=("/y/*",))) == 4

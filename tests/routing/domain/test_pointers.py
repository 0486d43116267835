"""JSON Pointers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.pointers import ABSENT, missing_fields, parts_of, pointer, resolve

DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "o": {"x": None}, "e": ""}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", DOCUMENT),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/m~0n", 8),
        ("/o/x", None),
        ("/foo/2", ABSENT),
        ("/foo/-1", ABSENT),
        ("/foo/x", ABSENT),
        ("/nope/deeper", ABSENT),
    ],
)
def test_a_pointer_names_what_the_rfc_says(text: str, value: Any) -> None:
    assert resolve(DOCUMENT, text) is value


@given(st.lists(st.text(), max_size=5))
def test_pointers_are_read_as_they_were_written(parts: list[str]) -> None:
    assert list(parts_of(pointer(parts))) == parts


@pytest.mark.parametrize("text", ["x", "/~", "/~2"])
def test_what_is_not_a_pointer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JSON Pointer"):
        parts_of(text)


def test_null_and_empty_count_as_missing() -> None:
    assert missing_fields(DOCUMENT, ["/foo", "/o/x", "/e", "/gone", "/"]) == ("/o/x", "/e", "/gone")

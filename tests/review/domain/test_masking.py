"""Masking: nothing sensitive remains, everything else is unchanged, and the places are named."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.domain.masking import mask
from routing.domain.pointers import parts_of, pointer, resolve

Parts = tuple[str, ...]

SCALARS = st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["", "a", "long text"])
KEYS = st.sampled_from(["a", "b", "0", "*", "a/b", "m~n", "~1", ""])
PAYLOADS = st.dictionaries(
    KEYS,
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)),
    max_size=4,
)


def places_in(value: Any, path: Parts = ()) -> Iterator[tuple[Parts, Any]]:
    """Yield every place in a document with what stands there, outer ones first."""
    yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        yield from places_in(inner, (*path, str(step)))


def is_named(path: Parts, patterns: list[str]) -> bool:
    return any(
        len(pattern) == len(path) and all(want in ("*", have) for want, have in zip(pattern, path, strict=True))
        for pattern in map(parts_of, patterns)
    )


def put_back(masked: Any, values: dict[str, Any]) -> Any:
    """Return the document with values in their places again."""
    whole = copy.deepcopy(masked)
    for place, value in values.items():
        *above, last = parts_of(place)
        inside = resolve(whole, pointer(above))
        inside[int(last) if isinstance(inside, list) else last] = value
    return whole


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    """A payload, and patterns most of which name something in it."""
    payload = draw(PAYLOADS)
    paths = [path for path, _value in places_in(payload) if path] or [("a",)]
    patterns = []
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(paths) | st.lists(KEYS, min_size=1, max_size=3).map(tuple))
        patterns.append(pointer("*" if draw(st.booleans()) else part for part in path))
    return payload, patterns


@given(cases())
def test_nothing_sensitive_remains(case: tuple[dict[str, Any], list[str]]) -> None:
    payload, patterns = case
    left = mask(payload, patterns).payload

    assert [value for path, value in places_in(left) if is_named(path, patterns) and value is not None] == []


@given(cases())
def test_putting_the_values_back_gives_the_payload_so_nothing_else_was_changed(
    case: tuple[dict[str, Any], list[str]],
) -> None:
    payload, patterns = case
    masked = mask(payload, patterns)

    assert put_back(masked.payload, {place: resolve(payload, place) for place in masked.pointers}) == payload


@given(cases())
def test_exactly_the_outermost_places_that_hold_something_are_listed_once(
    case: tuple[dict[str, Any], list[str]],
) -> None:
    payload, patterns = case
    masked = mask(payload, patterns)
    named = [path for path, value in places_in(payload) if is_named(path, patterns) and value is not None]
    outermost = [pointer(path) for path in named if not any(is_named(path[:n], patterns) for n in range(len(path)))]

    assert list(masked.pointers) == outermost
    assert [resolve(masked.payload, place) for place in masked.pointers] == [None] * len(outermost)


@given(cases())
def test_what_was_given_stays_whole(case: tuple[dict[str, Any], list[str]]) -> None:
    payload, patterns = case
    before = copy.deepcopy(payload)
    mask(payload, patterns)

    assert payload == before


@pytest.mark.parametrize(
    ("sensitive", "pointers"),
    [
        (["/customer/email"], ("/customer/email",)),
        (["/customer"], ("/customer",)),
        (["/customer", "/customer/email"], ("/customer",)),
        (["/lines/*/who"], ("/lines/0/who", "/lines/1/who")),
        (["/lines/1"], ("/lines/1",)),
        (["/a~1b/m~0n"], ("/a~1b/m~0n",)),
        (["/nothing/here", "/customer/phone"], ()),
        (["/empty"], ("/empty",)),
        ([""], ("/customer", "/lines", "/a~1b", "/empty")),
        ([], ()),
    ],
    ids=[
        "field",
        "object",
        "field in it",
        "every entry",
        "one entry",
        "escaped",
        "absent",
        "empty text",
        "all",
        "none",
    ],
)
def test_places_are_concrete_and_escaped(sensitive: list[str], pointers: tuple[str, ...]) -> None:
    payload = {
        "customer": {"email": "ann@example.com", "phone": None},
        "lines": [{"who": "Ann"}, {"who": "Bob", "n": 1}],
        "a/b": {"m~n": 1},
        "empty": "",
    }

    assert mask(payload, sensitive).pointers == pointers


def test_a_payload_without_content_stays_so() -> None:
    assert mask(None, ["/a"]).payload is None

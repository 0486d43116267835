"""Strict reading and canonical writing of JSON."""

import json
import math
import struct
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.strict_json import JsonRefused, canonical, loads

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
FLOATS = st.floats(-1e15, 1e15)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"a": "\xff"}', "not_utf8"),
        (b"{", "invalid_json"),
        (b"", "invalid_json"),
        (b"\xef\xbb\xbf{}", "invalid_json"),
        (b"[1] x", "invalid_json"),
        (b'["\n"]', "invalid_json"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "duplicate_key"),
        (b'{"a": 1, "\\u0061": 2}', "duplicate_key"),
        (b"[NaN]", "not_a_number"),
        (b"[-Infinity]", "not_a_number"),
        (b"[1e400]", "number_out_of_range"),
        (b"[9223372036854775808]", "number_out_of_range"),
        (b"[" + b"9" * 5000 + b"]", "number_out_of_range"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
        (b'["\\\\", ' + b"[" * 40, "too_deep"),
        (b'["\\u0000"]', "nul_character"),
        (b'{"a\\u0000": 1}', "nul_character"),
        (b'["\\\\\\u0000"]', "nul_character"),
        (b'["\x00"]', "nul_character"),
        (b'["\\ud800"]', "lone_surrogate"),
        (b'{"\\uDC00x": 1}', "lone_surrogate"),
        (b'["\\udc00\\ud800"]', "lone_surrogate"),
        (b'"' + b"a" * 300 + b'"', "too_large"),
    ],
)
def test_what_could_mean_two_things_is_refused_with_its_code(raw: bytes, code: str) -> None:
    limit = 256 if code == "too_large" else 1_000_000
    with pytest.raises(JsonRefused) as refused:
        loads(raw, max_bytes=limit)
    assert refused.value.code == code
    assert str(refused.value)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'["\\\\u0000"]', ["\\u0000"]),
        (b'["\\ud83d\\ude00"]', ["\U0001f600"]),
        (b"[9223372036854775807, -9223372036854775808]", [2**63 - 1, -(2**63)]),
        (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
        (b'["' + b"[" * 99 + b'\\"{{{"]', ["[" * 99 + '"{{{']),
        (b"[" + b"{}," * 99 + b"{}]", [{}] * 100),
        (b" null\n", None),
    ],
)
def test_what_is_json_is_read_as_it_stands(raw: bytes, value: Any) -> None:
    assert loads(raw) == value


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(JsonRefused) as refused:
        loads(b'{"a": 1,\n"b": }')
    assert refused.value.line == 2


@given(VALUES)
def test_reading_agrees_with_the_library_on_good_input(value: Any) -> None:
    assert loads(json.dumps(value).encode(), max_depth=100) == value


@given(VALUES)
def test_the_canonical_form_keeps_the_value_and_is_a_fixed_point(value: Any) -> None:
    written = canonical(value)
    read = loads(written, max_depth=100)
    assert read == value
    assert canonical(read) == written


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_in_appendix_b_of_the_rfc(bits: str, text: str) -> None:
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]) == text.encode()


def test_the_example_of_the_rfc_comes_out_as_printed_there() -> None:
    given_text = rb"""{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"""
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical(loads(given_text)) == expected.encode()


def test_keys_are_ordered_by_utf16_code_units() -> None:
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert list(json.loads(canonical(value))) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize("value", [math.nan, math.inf, {"a": -math.inf}, "\ud800", {"\udfff": 1}])
def test_what_has_no_json_form_is_not_written(value: Any) -> None:
    with pytest.raises(JsonRefused):
        canonical(value)


def test_large_integers_keep_their_digits() -> None:
    assert canonical(2**60 + 1) == b"1152921504606846977"


def test_ten_thousand_lines_are_read_quickly() -> None:
    line = json.dumps({"external_id": "a" * 36, "payload": {"text": "x" * 150, "n": 1, "f": 1.5, "t": ["a", "b"]}})
    lines = [line.encode()] * 10_000
    began = time.process_time()
    for raw in lines:
        loads(raw)
    assert time.process_time() - began < 0.6

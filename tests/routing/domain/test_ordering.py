"""Payloads in the order of their contract."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from routing.domain.ordering import ordered

SCHEMA: dict[str, Any] = {
    "type": "object",
    "x-order": ["company", "to", "extra", "gone", 3],
    "properties": {
        "rows": {"type": "array", "items": {"required": ["day"], "properties": {"at": {}, "day": {}}}},
        "company": {"type": "string"},
        "to": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]},
    },
    "$defs": {"place": {"properties": {"street": {}, "no": {}}}},
}


def test_members_follow_the_contract_at_every_depth() -> None:
    payload = {
        "own": 1,
        "to": {"no": 3, "x": 0, "street": "s"},
        "rows": [{"at": 1, "day": 2}, 5],
        "company": "c",
        "extra": 0,
    }

    assert json.dumps(ordered(payload, SCHEMA)) == json.dumps(
        {"company": "c", "to": {"street": "s", "no": 3, "x": 0}, "extra": 0, "rows": [{"day": 2, "at": 1}, 5], "own": 1}
    )


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["company", "to", "rows", "no", "at"]), inner)
    ),
)


@given(values)
def test_nothing_but_the_order_changes(payload: Any) -> None:
    assert ordered(payload, SCHEMA) == payload

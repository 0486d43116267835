"""The difference of two policies: by meaning, and whether it lets more through."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.policy_body import dump_policy, parse_policy
from routing.domain.policy_diff import Effect, diff, in_lines
from tests.routing.domain.test_policy_code import bodies

BASE: dict[str, Any] = {"default_threshold": 0.9, "queue": "triage"}
ABOVE = {"kind": "value_above", "limit": 100, "to": "review"}
LABELS = {"kind": "label_in", "labels": ["billing", "other"], "to": "review"}
FLAGS = {"kind": "flag_present", "flags": None, "to": "escalate"}


def found(before: dict[str, Any] | None, after: dict[str, Any]) -> list[tuple[str, Any, Any, str]]:
    return [(one.pointer, one.before, one.after, one.effect.value) for one in diff(before, after)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"default_threshold": 0.8}, ("/default_threshold", 0.9, 0.8, "looser")),
        ({"default_threshold": 0.95}, ("/default_threshold", 0.9, 0.95, "tighter")),
        ({"default_threshold": None}, ("/default_threshold", 0.9, None, "tighter")),
        ({"label_thresholds": {"billing": 0.7}}, ("/label_thresholds/billing", None, 0.7, "looser")),
        ({"label_thresholds": {"billing": None}}, ("/label_thresholds/billing", None, None, "tighter")),
        ({"label_thresholds": {"billing": 0.9}}, ("/label_thresholds/billing", None, 0.9, "elsewhere")),
        ({"label_queues": {"a/b": "other"}}, ("/label_queues/a~1b", None, "other", "elsewhere")),
        ({"label_priorities": {"billing": 5}}, ("/label_priorities/billing", None, 5, "elsewhere")),
        ({"queue": "other"}, ("/queue", "triage", "other", "elsewhere")),
        ({"priority": 3}, ("/priority", 0, 3, "elsewhere")),
    ],
    ids=str,
)
def test_one_change_is_told_with_its_effect(change: dict[str, Any], told: tuple[str, Any, Any, str]) -> None:
    assert found(BASE, BASE | change) == [told]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [ABOVE], ("/rules/0", False, True, "tighter")),
        ([ABOVE], [], ("/rules/0", True, False, "looser")),
        ([ABOVE, LABELS], [LABELS], ("/rules/0", True, False, "looser")),
        ([ABOVE], [ABOVE, LABELS], ("/rules/1", False, True, "tighter")),
        ([ABOVE], [ABOVE | {"limit": 200}], ("/rules/0", True, True, "looser")),
        ([ABOVE], [ABOVE | {"limit": 50}], ("/rules/0", True, True, "tighter")),
        ([ABOVE], [ABOVE | {"to": "escalate"}], ("/rules/0", True, True, "elsewhere")),
        ([LABELS], [LABELS | {"labels": ["billing"]}], ("/rules/0", True, True, "looser")),
        ([LABELS], [LABELS | {"labels": ["billing", "other", "new"]}], ("/rules/0", True, True, "tighter")),
        ([LABELS], [LABELS | {"labels": ["billing", "new"]}], ("/rules/0", True, True, "looser")),
        ([FLAGS], [FLAGS | {"flags": ["bidi"]}], ("/rules/0", True, True, "looser")),
        ([FLAGS | {"flags": ["bidi"]}], [FLAGS], ("/rules/0", True, True, "tighter")),
    ],
    ids=str,
)
def test_rules_come_go_and_change(before: list[Any], after: list[Any], told: tuple[str, bool, bool, str]) -> None:
    (change,) = diff(BASE | {"rules": before}, BASE | {"rules": after})

    assert (change.pointer, change.was_there, change.is_there, change.effect.value) == told


def test_what_is_written_out_and_what_is_left_out_is_the_same() -> None:
    assert diff(BASE, dump_policy(parse_policy(BASE))) == []


def test_a_default_that_moves_takes_along_only_labels_without_a_threshold_of_their_own() -> None:
    before = BASE | {"label_thresholds": {"billing": 0.9}}
    after = {"default_threshold": 0.8, "queue": "triage", "label_thresholds": {"billing": 0.9}}

    assert found(before, after) == [("/default_threshold", 0.9, 0.8, "looser")]


def test_a_label_that_loses_its_threshold_follows_the_default() -> None:
    before = BASE | {"label_thresholds": {"billing": None}}

    assert found(before, BASE) == [("/label_thresholds/billing", None, None, "looser")]


def test_everything_is_new_without_a_version_before() -> None:
    assert [(pointer, effect) for pointer, _before, _after, effect in found(None, BASE | {"rules": [ABOVE]})] == [
        ("/default_threshold", "looser"),
        ("/queue", "elsewhere"),
        ("/rules/0", "tighter"),
    ]


def test_lines_for_a_terminal() -> None:
    after = BASE | {"default_threshold": 0.8, "rules": [ABOVE]}

    assert in_lines(diff(BASE, after)) == [
        "~ /default_threshold  0.9 -> 0.8  (looser)",
        '+ /rules/0  {"kind": "value_above", "limit": 100.0, "to": "review"}  (tighter)',
    ]
    assert in_lines(diff(after, BASE))[1].startswith("- /rules/0")


@given(bodies(), bodies())
def test_nothing_is_told_exactly_where_nothing_differs_but_the_order_of_rules(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    changes = diff(before, after)

    same = parse_policy(before) == parse_policy(after)
    assert (changes == []) == same
    assert diff(before, before) == []
    assert all(change.effect in set(Effect) for change in changes)


@given(bodies(), st.floats(0, 1))
def test_going_back_turns_the_effect_of_a_threshold_around(body: dict[str, Any], threshold: float) -> None:
    other = body | {"default_threshold": threshold}
    there, back = diff(body, other), diff(other, body)
    opposite = {Effect.LOOSER: Effect.TIGHTER, Effect.TIGHTER: Effect.LOOSER, Effect.ELSEWHERE: Effect.ELSEWHERE}

    assert [opposite[one.effect] for one in there if one.pointer == "/default_threshold"] == [
        one.effect for one in back if one.pointer == "/default_threshold"
    ]

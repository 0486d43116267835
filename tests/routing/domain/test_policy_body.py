"""Reading and writing policies."""

import json
from typing import Any

import pytest

from routing.domain.policy_body import PolicyInvalid, dump_policy, parse_policy

BODY: dict[str, Any] = {
    "default_threshold": 0.95,
    "label_thresholds": {"refund": 0.98, "cancel": None},
    "rules": [
        {"kind": "value_above", "limit": 1000.0, "to": "review"},
        {"kind": "label_in", "labels": ["cancel"], "to": "escalate", "queue": "leads"},
        {"kind": "flag_present", "flags": None, "to": "review"},
        {"kind": "flag_present", "flags": ["bidi_characters"], "to": "escalate"},
        {"kind": "missing_field", "fields": ["/customer/id", "/a~1b"], "to": "review"},
    ],
    "queue": "triage",
    "label_queues": {"refund": "money"},
    "priority": 0,
    "label_priorities": {"refund": 3},
}


def test_a_body_survives_reading_and_writing() -> None:
    assert dump_policy(parse_policy(BODY)) == BODY
    assert json.loads(json.dumps(dump_policy(parse_policy(BODY)))) == BODY


def test_the_least_body_is_enough() -> None:
    policy = parse_policy({"default_threshold": None, "queue": "q"})
    assert (policy.rules, policy.priority, policy.fields, policy.queues) == ((), 0, (), ("q",))


def test_a_policy_knows_its_fields_and_queues() -> None:
    policy = parse_policy(BODY)
    assert policy.fields == ("/customer/id", "/a~1b")
    assert policy.queues == ("triage", "money", "leads")


def test_labels_must_be_the_contracts_where_these_are_given() -> None:
    parse_policy(BODY, labels=["refund", "cancel"])
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(BODY, labels=["refund"])
    assert refused.value.pointer == "/label_thresholds/cancel"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"surprise": 1}, "/surprise"),
        ({"default_threshold": 1.01}, "/default_threshold"),
        ({"default_threshold": True}, "/default_threshold"),
        ({"default_threshold": "0.5"}, "/default_threshold"),
        ({"default_threshold": float("nan")}, "/default_threshold"),
        ({"label_thresholds": []}, "/label_thresholds"),
        ({"label_thresholds": {"a/b": -1}}, "/label_thresholds/a~1b"),
        ({"queue": ""}, "/queue"),
        ({"queue": "Big Queue"}, "/queue"),
        ({"queue": None}, "/queue"),
        ({"label_queues": {"refund": 1}}, "/label_queues/refund"),
        ({"priority": 1.5}, "/priority"),
        ({"priority": 10**6}, "/priority"),
        ({"label_priorities": {"refund": None}}, "/label_priorities/refund"),
        ({"rules": {}}, "/rules"),
        ({"rules": ["x"]}, "/rules/0/kind"),
        ({"rules": [{"kind": ["value_above"]}]}, "/rules/0/kind"),
        ({"rules": [{"kind": "value_above", "limit": 1, "to": "auto_accept"}]}, "/rules/0/to"),
        ({"rules": [{"kind": "value_above", "limit": 1, "to": ["review"]}]}, "/rules/0/to"),
        ({"rules": [{"kind": "value_above", "to": "review"}]}, "/rules/0/limit"),
        ({"rules": [{"kind": "value_above", "limit": "1", "to": "review"}]}, "/rules/0/limit"),
        ({"rules": [{"kind": "value_above", "limit": 1, "labels": [], "to": "review"}]}, "/rules/0/labels"),
        ({"rules": [{"kind": "label_in", "labels": [], "to": "review"}]}, "/rules/0/labels"),
        ({"rules": [{"kind": "label_in", "labels": ["a", 1], "to": "review"}]}, "/rules/0/labels/1"),
        ({"rules": [{"kind": "missing_field", "fields": ["id"], "to": "review"}]}, "/rules/0/fields/0"),
        ({"rules": [{"kind": "missing_field", "fields": ["/~2"], "to": "review"}]}, "/rules/0/fields/0"),
    ],
)
def test_what_is_not_a_policy_is_refused_where_it_is_wrong(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy({**BODY, **change})
    assert refused.value.pointer == pointer
    assert refused.value.message


@pytest.mark.parametrize("body", [None, [], "x", 3, {"queue": "q"}, {"default_threshold": 0.5}])
def test_a_body_without_the_needed_is_refused(body: Any) -> None:
    with pytest.raises(PolicyInvalid):
        parse_policy(body)

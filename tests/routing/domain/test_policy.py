"""Where items go, and that nothing added ever makes them automatic."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.policy import Facts, Policy, Restriction, Routing, parse_policy, route
from routing.domain.policy_body import FlagPresent, LabelIn, MissingField, Rule, ValueAbove
from routing.domain.reasons import describe

LABELS = ("refund", "cancel", "other")
SURE = Facts(label="refund", confidence=0.99, value=50.0)
POLICY = parse_policy(
    {
        "default_threshold": 0.95,
        "label_thresholds": {"cancel": None, "other": 0.5},
        "rules": [
            {"kind": "value_above", "limit": 1000, "to": "review"},
            {"kind": "label_in", "labels": ["other"], "to": "review", "queue": "odd"},
            {"kind": "flag_present", "flags": ["bidi_characters"], "to": "escalate", "queue": "security"},
            {"kind": "missing_field", "fields": ["/customer/id"], "to": "review"},
            {"kind": "value_above", "limit": 50_000, "to": "escalate"},
        ],
        "queue": "triage",
        "label_queues": {"refund": "money"},
        "priority": 1,
        "label_priorities": {"refund": 5},
    },
)


def routed(facts: Facts, **over: Any) -> Routing:
    given_values: dict[str, Any] = {"policy": POLICY, "labels": LABELS, "drawn": False, "draw_probability": 0.05}
    return route(facts=facts, **{**given_values, **over})


def test_a_sure_answer_is_accepted_automatically_with_its_margin() -> None:
    routing = routed(SURE)
    assert (routing.disposition, routing.reason_code) == ("auto_accept", "above_threshold")
    assert routing.margin == pytest.approx(0.04)
    assert (routing.queue, routing.priority) == ("money", 5)


def test_the_threshold_itself_is_automatic() -> None:
    assert routed(replace(SURE, confidence=0.95)).disposition == "auto_accept"


@pytest.mark.parametrize(
    ("change", "disposition", "code", "queue"),
    [
        ({"confidence": 0.84}, "review", "below_threshold", "money"),
        ({"confidence": None}, "review", "no_confidence", "money"),
        ({"label": "cancel"}, "review", "never_automatic", "triage"),
        ({"label": "other"}, "review", "rule_label_in", "odd"),
        ({"value": 1240.0}, "review", "rule_value_above", "money"),
        ({"value": math.nan}, "escalate", "rule_value_above", "lead-desk"),
        ({"value": 60_000.0}, "escalate", "rule_value_above", "lead-desk"),
        ({"flags": ("instruction_like",)}, "review", "flagged", "money"),
        ({"flags": ("instruction_like", "bidi_characters")}, "escalate", "rule_flag_present", "security"),
        ({"missing": ("/customer/id",)}, "review", "rule_missing_field", "money"),
        ({"failure": "timeout"}, "review", "model_failed", "triage"),
        ({"failure": "timeout", "value": 60_000.0}, "escalate", "rule_value_above", "lead-desk"),
        ({"label": "bogus"}, "review", "model_failed", "triage"),
        ({"label": None}, "review", "model_failed", "triage"),
        ({"confidence": math.nan}, "review", "model_failed", "triage"),
        ({"confidence": 1.5}, "review", "model_failed", "triage"),
    ],
)
def test_what_goes_to_people_goes_with_its_reason(
    change: dict[str, Any],
    disposition: str,
    code: str,
    queue: str,
) -> None:
    routing = routed(replace(SURE, **change), escalation_queue="lead-desk")
    assert (routing.disposition, routing.reason_code, routing.queue) == (disposition, code, queue)
    assert json.loads(json.dumps(routing.reason, allow_nan=False)) == routing.reason
    template, params = describe(routing.reason_code, routing.reason)
    assert "?" not in template % params or code == "rule_value_above"


def test_the_draw_changes_blindness_and_nothing_else() -> None:
    for facts in (SURE, replace(SURE, confidence=0.1), replace(SURE, value=1e6)):
        plain, drawn = routed(facts), routed(facts, drawn=True)
        assert (plain.blind, drawn.blind) == (False, True)
        assert replace(drawn, blind=False) == plain


def test_restrictions_tighten() -> None:
    stop = Restriction(effect="people", cause="stop")
    higher = Restriction(effect="min_threshold", cause="drift", min_threshold=0.995)
    assert routed(SURE, restrictions=[stop]).reason_code == "restricted_to_people"
    limited = routed(SURE, restrictions=[higher])
    assert (limited.reason_code, limited.reason["threshold"]) == ("restricted_threshold", 0.995)
    assert routed(replace(SURE, confidence=0.9), restrictions=[higher]).reason_code == "below_threshold"
    assert routed(replace(SURE, confidence=1.0), restrictions=[higher]).disposition == "auto_accept"
    assert routed(SURE, restrictions=[replace(stop, segment="vip")]).disposition == "auto_accept"
    assert routed(replace(SURE, segment="vip"), restrictions=[replace(stop, segment="vip")]).disposition == "review"


@pytest.mark.parametrize(
    ("value", "disposition"),
    [(1_000.0, "auto_accept"), (1_000.01, "review"), (None, "auto_accept"), (math.inf, "review"), (math.nan, "review")],
    ids=["at-the-limit", "above", "no-value", "endless", "no-number"],
)
def test_a_limit_for_values_leaves_the_others_alone(value: float | None, disposition: str) -> None:
    limit = Restriction(effect="people", cause="budget", value_above=1_000)
    policy = replace(POLICY, rules=())
    assert routed(replace(SURE, value=value), policy=policy, restrictions=[limit]).disposition == disposition
    vip = replace(limit, segment="vip")
    assert routed(replace(SURE, value=value), policy=policy, restrictions=[vip]).disposition == "auto_accept"


FLAGS = st.sampled_from(["instruction_like", "invisible_characters", "bidi_characters", "custom"])
FIELDS = st.sampled_from(["/a", "/b/c", ""])
TARGETS = st.sampled_from(["review", "escalate"])
QUEUES = st.none() | st.sampled_from(["one", "two"])
RULES: st.SearchStrategy[Rule] = st.one_of(
    st.builds(ValueAbove, st.floats(-10, 10), TARGETS, QUEUES),
    st.builds(LabelIn, st.lists(st.sampled_from(LABELS), min_size=1).map(tuple), TARGETS, QUEUES),
    st.builds(FlagPresent, st.none() | st.lists(FLAGS, min_size=1).map(tuple), TARGETS, QUEUES),
    st.builds(MissingField, st.lists(FIELDS, min_size=1).map(tuple), TARGETS, QUEUES),
)
SHARES = st.floats(0, 1)
POLICIES = st.builds(
    Policy,
    queue=st.just("usual"),
    default_threshold=st.none() | SHARES,
    label_thresholds=st.dictionaries(st.sampled_from(LABELS), st.none() | SHARES),
    rules=st.lists(RULES, max_size=4).map(tuple),
)
FACTS = st.builds(
    Facts,
    value=st.none() | st.floats(),
    flags=st.lists(FLAGS, max_size=2).map(tuple),
    segment=st.sampled_from(["", "vip"]),
    label=st.sampled_from([*LABELS, "bogus"]) | st.none(),
    confidence=st.none() | SHARES | st.floats(),
    failure=st.none() | st.just("timeout"),
    missing=st.lists(FIELDS, max_size=2).map(tuple),
)
SEGMENTS = st.sampled_from(["", "vip"])
ABOVE = st.none() | st.floats(-10, 10)
RESTRICTIONS = st.one_of(
    st.builds(Restriction, st.just("people"), st.just("stop"), st.none(), SEGMENTS, ABOVE),
    st.builds(Restriction, st.just("min_threshold"), st.just("drift"), SHARES, SEGMENTS, ABOVE),
)
STRICTNESS = {"auto_accept": 0, "review": 1, "escalate": 2}


@given(FACTS, POLICIES, st.lists(RESTRICTIONS, max_size=2), FLAGS, RULES, RESTRICTIONS, st.data())
def test_adding_a_flag_a_rule_or_a_restriction_never_loosens(
    facts: Facts,
    policy: Policy,
    limits: list[Restriction],
    flag: str,
    rule: Rule,
    limit: Restriction,
    data: st.DataObject,
) -> None:
    before = routed(facts, policy=policy, restrictions=limits)
    at = data.draw(st.integers(0, len(policy.rules)))
    more_rules = replace(policy, rules=(*policy.rules[:at], rule, *policy.rules[at:]))
    after = [
        routed(replace(facts, flags=(*facts.flags, flag)), policy=policy, restrictions=limits),
        routed(facts, policy=more_rules, restrictions=limits),
        routed(facts, policy=policy, restrictions=[*limits, limit]),
        routed(replace(facts, failure="model_error"), policy=replace(policy, rules=()), restrictions=limits),
    ]
    assert all(STRICTNESS[one.disposition] >= STRICTNESS[before.disposition] for one in after[:3])
    assert after[3].disposition != "auto_accept"


@given(FACTS, POLICIES, st.lists(RESTRICTIONS, max_size=3))
def test_automatic_means_unflagged_known_and_at_its_threshold(
    facts: Facts,
    policy: Policy,
    limits: list[Restriction],
) -> None:
    routing = routed(facts, policy=policy, restrictions=limits)
    json.dumps(routing.reason, allow_nan=False)
    describe(routing.reason_code, routing.reason)
    if routing.disposition == "auto_accept":
        threshold = policy.label_thresholds.get(str(facts.label), policy.default_threshold)
        assert not facts.flags
        assert facts.failure is None
        assert facts.label in LABELS
        assert threshold is not None
        assert facts.confidence is not None
        assert threshold <= facts.confidence <= 1
        assert routing.margin is not None
        assert routing.margin >= 0

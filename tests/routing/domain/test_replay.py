"""A million items at once are routed as each of them alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.columns import DISPOSITIONS, Scored, columns_of, joined
from routing.domain.policy import Facts, Policy, Restriction, route
from routing.domain.policy_body import FlagPresent, LabelIn, MissingField, ValueAbove
from routing.domain.replay import acceptable, accepted, dispositions, unknown_fields
from tests.routing.domain.test_policy import FACTS, POLICIES, RESTRICTIONS, SHARES

LIMITS = st.builds(replace, RESTRICTIONS, value_above=st.none() | st.floats(-10, 10))


def scored(facts: Facts, number: int = 1) -> Scored:
    """Return the item as routing would have written it down."""
    return Scored(
        id=number,
        at=0.0,
        label=None if facts.failure else facts.label,
        confidence=None if facts.failure else facts.confidence,
        value=facts.value,
        segment=facts.segment,
        flags=facts.flags,
        missing=facts.missing,
    )


def went(facts: Facts, policy: Policy, limits: list[Restriction]) -> str:
    return route(
        facts=facts, policy=policy, labels=(), drawn=False, draw_probability=0.0, restrictions=limits
    ).disposition


@given(st.lists(FACTS, max_size=12), POLICIES, st.lists(LIMITS, max_size=3))
def test_columns_are_routed_as_each_item_is(items: list[Facts], policy: Policy, limits: list[Restriction]) -> None:
    columns = columns_of([scored(facts, number) for number, facts in enumerate(items)])
    one_by_one = [went(facts, policy, limits) for facts in items]
    assert [DISPOSITIONS[code] for code in dispositions(columns, policy, restrictions=limits)] == one_by_one
    assert list(accepted(columns, policy, restrictions=limits)) == [to == "auto_accept" for to in one_by_one]


@given(st.lists(FACTS, max_size=12), POLICIES, SHARES)
def test_rules_and_flags_alone_leave_the_threshold_open(items: list[Facts], policy: Policy, threshold: float) -> None:
    columns = columns_of([scored(facts, number) for number, facts in enumerate(items)])
    never = {label: None for label, own in policy.label_thresholds.items() if own is None}
    at_threshold = replace(policy, default_threshold=threshold, label_thresholds=never)
    passes = acceptable(columns, policy) & (columns.confidence >= threshold)
    assert list(passes) == list(accepted(columns, at_threshold))


@given(st.lists(st.lists(FACTS, max_size=5), max_size=4), POLICIES)
def test_pages_put_together_are_routed_as_they_were_apart(pages: list[list[Facts]], policy: Policy) -> None:
    parts = [columns_of([scored(facts) for facts in page]) for page in pages]
    apart = [code for part in parts for code in dispositions(part, policy)]
    assert list(dispositions(joined(parts), policy)) == apart


@given(st.lists(FACTS, max_size=12), POLICIES, st.data())
def test_items_taken_out_are_routed_as_among_the_others(
    items: list[Facts], policy: Policy, data: st.DataObject
) -> None:
    columns = columns_of([scored(facts) for facts in items])
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(items), max_size=len(items))), dtype=np.bool_)
    assert list(dispositions(columns.take(mask), policy)) == list(dispositions(columns, policy)[mask])


ASKS = Policy(queue="triage", default_threshold=0.5, rules=(MissingField(("/a", "/b/c"), "review"),))


@pytest.mark.parametrize(
    ("missing", "disposition"),
    [(None, "auto_accept"), ((), "auto_accept"), (("/b/c",), "review"), (("/d",), "auto_accept")],
    ids=["not-asked", "none-missing", "one-missing", "another-missing"],
)
def test_only_what_is_known_to_be_missing_sends_to_people(missing: tuple[str, ...] | None, disposition: str) -> None:
    columns = columns_of([Scored(id=1, at=0.0, label="refund", confidence=0.9, missing=missing)])
    assert DISPOSITIONS[dispositions(columns, ASKS)[0]] == disposition


def test_a_field_that_nobody_looked_for_is_unknown() -> None:
    sets = [(), ("/a",), ("/a", "/b/c"), ("/a", "/b/c", "/d")]
    asked = np.arange(4, dtype=np.int32)
    assert list(unknown_fields(asked, sets, ASKS)) == [True, True, False, False]
    assert not unknown_fields(asked, sets, replace(ASKS, rules=())).any()


def test_every_kind_of_rule_is_replayed() -> None:
    items = [
        Scored(id=1, at=0.0, label="refund", confidence=0.9, value=50.0),
        Scored(id=2, at=0.0, label="refund", confidence=0.9, value=5_000.0),
        Scored(id=3, at=0.0, label="cancel", confidence=0.9),
        Scored(id=4, at=0.0, label="refund", confidence=0.9, flags=("bidi_characters",)),
        Scored(id=5, at=0.0, label="refund", confidence=0.9, missing=("/a",)),
        Scored(id=6, at=0.0),
    ]
    policy = Policy(
        queue="triage",
        default_threshold=0.5,
        rules=(
            ValueAbove(1_000, "escalate"),
            LabelIn(("cancel",), "review"),
            FlagPresent(None, "escalate"),
            MissingField(("/a",), "review"),
        ),
    )
    assert [DISPOSITIONS[code] for code in dispositions(columns_of(items), policy)] == [
        "auto_accept",
        "escalate",
        "review",
        "escalate",
        "review",
        "review",
    ]


def test_no_items_are_no_trouble() -> None:
    assert len(joined([])) == len(dispositions(columns_of([]), ASKS)) == 0

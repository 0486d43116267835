"""A policy over columns of past items: the same answer as `routing.domain.policy.route` for every one of them, at once.

The only things not looked at are the labels of the contract: a label was checked against them when it was stored.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import numpy as np

from routing.domain.columns import (
    AUTO_ACCEPT,
    ESCALATE,
    NO_LABEL,
    REVIEW,
    BoolColumn,
    ByteColumn,
    CodeColumn,
    Columns,
    FloatColumn,
)
from routing.domain.policy import Policy, Restriction
from routing.domain.policy_body import FlagPresent, LabelIn, MissingField, Rule, ValueAbove

T = TypeVar("T")


def dispositions(columns: Columns, policy: Policy, *, restrictions: Sequence[Restriction] = ()) -> ByteColumn:
    """Return where the policy sends each item, as places in DISPOSITIONS (n bytes).

    Fields that nobody looked for at the time count as present; `unknown_fields` tells for which items.
    """
    label, confidence = _usable(columns)
    own = _thresholds(columns, policy, label)
    running = np.maximum(own, _least(columns, restrictions))
    # A comparison with NaN is false: neither without a confidence nor without a threshold is anything accepted.
    stays = ~(confidence >= running) | _flagged(columns) | _to_people(columns, restrictions)
    escalates = np.zeros(len(columns), dtype=np.bool_)
    for rule in policy.rules:
        matched = _matches(rule, columns, label)
        stays |= matched
        if rule.to == "escalate":
            escalates |= matched
    went = np.where(stays, REVIEW, AUTO_ACCEPT).astype(np.uint8)
    went[escalates] = ESCALATE
    return went


def accepted(columns: Columns, policy: Policy, *, restrictions: Sequence[Restriction] = ()) -> BoolColumn:
    """Return which items the policy accepts automatically (n booleans)."""
    accepts: BoolColumn = dispositions(columns, policy, restrictions=restrictions) == AUTO_ACCEPT
    return accepts


def acceptable(columns: Columns, policy: Policy) -> BoolColumn:
    """Return which items rules and flags let through, whatever the thresholds (n booleans).

    With one threshold t for all, the policy accepts `acceptable & (confidence >= t)`. A label that the policy never accepts
    is out; a default threshold of None is not such a label's, since t takes its place.
    """
    label, confidence = _usable(columns)
    never = _by_code(columns.labels, lambda text: text in policy.label_thresholds and _is_never(policy, text))
    passes: BoolColumn = (label != NO_LABEL) & ~np.isnan(confidence) & ~never[label] & ~_flagged(columns)
    for rule in policy.rules:
        passes &= ~_matches(rule, columns, label)
    return passes


def unknown_fields(asked: CodeColumn, asked_sets: Sequence[Collection[str]], policy: Policy) -> BoolColumn:
    """Return for which items nobody knows whether a field that the policy asks for was missing (n booleans).

    `asked` are places in `asked_sets`: the fields that were looked for when the item was routed.
    """
    wanted = set(policy.fields)
    return _by_code(asked_sets, lambda fields: bool(wanted - set(fields)))[asked]


def _usable(columns: Columns) -> tuple[CodeColumn, FloatColumn]:
    """Return labels and confidences as a policy takes them: neither where the confidence is none that can be."""
    impossible = (columns.confidence < 0) | (columns.confidence > 1)
    if not impossible.any():
        return columns.label, columns.confidence
    return (
        np.where(impossible, NO_LABEL, columns.label).astype(np.int32),
        np.where(impossible, np.nan, columns.confidence),
    )


def _is_never(policy: Policy, label: str) -> bool:
    return policy.label_thresholds[label] is None


def _thresholds(columns: Columns, policy: Policy, label: CodeColumn) -> FloatColumn:
    """Return each item's threshold: its label's own, else the default; NaN where it is never automatic."""
    own = (policy.label_thresholds.get(text, policy.default_threshold) for text in columns.labels)
    # The last entry is what NO_LABEL finds.
    table = np.array([*(np.nan if one is None else one for one in own), np.nan], dtype=np.float64)
    return table[label]


def _least(columns: Columns, restrictions: Sequence[Restriction]) -> FloatColumn:
    """Return the highest threshold that running limits ask for; 0 where none does."""
    least = np.zeros(len(columns), dtype=np.float64)
    for limit in restrictions:
        covered = _covers(limit, columns)
        least[covered] = np.maximum(least[covered], limit.min_threshold or 0)
    return least


def _to_people(columns: Columns, restrictions: Sequence[Restriction]) -> BoolColumn:
    stopped = np.zeros(len(columns), dtype=np.bool_)
    for limit in restrictions:
        if limit.effect == "people":
            stopped |= _covers(limit, columns)
    return stopped


def _covers(limit: Restriction, columns: Columns) -> BoolColumn:
    table = _by_code(columns.segments, lambda segment: limit.segment in {"", segment})
    covered = table[columns.segment]
    return covered if limit.value_above is None else covered & (columns.value > limit.value_above)


def _flagged(columns: Columns) -> BoolColumn:
    return _by_code(columns.flag_sets, bool)[columns.flags]


def _matches(rule: Rule, columns: Columns, label: CodeColumn) -> BoolColumn:
    """Return for which items the rule matches."""
    match rule:
        case ValueAbove(limit=limit):
            return columns.value > limit
        case LabelIn(labels=labels):
            return _by_code(columns.labels, lambda text: text in labels)[label]
        case FlagPresent(flags=flags):
            table = _by_code(columns.flag_sets, lambda names: bool(names if flags is None else {*names} & {*flags}))
            return table[columns.flags]
        case MissingField(fields=fields):
            table = _by_code(columns.missing_sets, lambda gone: bool({*fields} & {*(gone or ())}))
            return table[columns.missing]


def _by_code(values: Sequence[T], says: Callable[[T], bool]) -> BoolColumn:
    """Return a table from places to what is said of the value there; a last entry, which a place of -1 finds, is false."""
    return np.array([*(says(value) for value in values), False], dtype=np.bool_)

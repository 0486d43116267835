"""Where an item goes: a pure function of facts, policy, draw and restrictions."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from routing.domain.policy_body import (
    FlagPresent,
    LabelIn,
    MissingField,
    Policy,
    PolicyInvalid,
    Rule,
    ValueAbove,
    dump_policy,
    parse_policy,
)
from routing.domain.predictions import Failure
from routing.domain.reasons import Reason

__all__ = [
    "Facts",
    "Policy",
    "PolicyInvalid",
    "Restriction",
    "Routing",
    "dump_policy",
    "parse_policy",
    "route",
]

AUTO_ACCEPT = "auto_accept"
REVIEW = "review"
ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a policy may look at: the item's own facts and the model's answer or failure."""

    value: float | None = None
    flags: tuple[str, ...] = ()
    segment: str = ""
    label: str | None = None
    confidence: float | None = None
    failure: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restriction:
    """A running limit: effect `people`, or `min_threshold` with its value; an empty segment and no value mean all items.

    With `value_above` it covers the items of a higher value, as a rule would: one without a value is none of them, one whose
    value is no number could be and therefore is.
    """

    effect: str
    cause: str
    min_threshold: float | None = None
    segment: str = ""
    value_above: float | None = None

    def covers(self, facts: Facts) -> bool:
        """Tell whether the limit is about the item."""
        if self.segment not in {"", facts.segment}:
            return False
        return self.value_above is None or _is_above(facts.value, self.value_above)


@dataclass(frozen=True, slots=True)
class Routing:
    """The disposition with its reason; `blind` says that the item was drawn, and nothing else depends on that."""

    disposition: str
    reason_code: str
    reason: dict[str, Any]
    margin: float | None
    queue: str
    priority: int
    blind: bool
    draw_probability: float


@dataclass(frozen=True, slots=True)
class _Finding:
    """One thing that sends the item to people."""

    code: Reason
    reason: dict[str, Any]
    to: str = REVIEW
    queue: str | None = None


def route(
    *,
    facts: Facts,
    policy: Policy,
    labels: Collection[str],
    drawn: bool,
    draw_probability: float,
    restrictions: Sequence[Restriction] = (),
    escalation_queue: str | None = None,
) -> Routing:
    """Return where the item goes: any finding sends it to people, the first escalating one escalates it.

    Labels are those of the output contract (none: any). Adding a flag, a rule or a restriction adds findings and
    takes none away, so that it never turns a review into an automatic acceptance.
    """
    failure = _failure(facts, labels)
    label = None if failure else facts.label
    running = [limit for limit in restrictions if limit.covers(facts)]
    own = None if label is None else policy.label_thresholds.get(label, policy.default_threshold)
    threshold = None if own is None else max([own, *(limit.min_threshold or 0 for limit in running)])
    confidence = None if failure else facts.confidence
    margin = None if threshold is None or confidence is None else confidence - threshold
    measured = {"confidence": confidence, "threshold": threshold, "margin": margin}

    findings: list[_Finding] = []
    if failure:
        findings.append(_Finding(Reason.MODEL_FAILED, {"failure": failure}))
    findings += [_Finding(Reason.FLAGGED, {"flag": flag, "flags": list(facts.flags)}) for flag in facts.flags[:1]]
    findings += _matches(facts, policy, label)
    findings += [
        _Finding(Reason.RESTRICTED_TO_PEOPLE, {"cause": limit.cause}) for limit in running if limit.effect == "people"
    ]
    if own is None:
        findings.append(_Finding(Reason.NEVER_AUTOMATIC, {"label": label}))
    elif margin is None:
        findings.append(_Finding(Reason.NO_CONFIDENCE, {"label": label}))
    elif not margin >= 0:
        is_limited = confidence is not None and confidence >= own
        findings.append(_Finding(Reason.RESTRICTED_THRESHOLD if is_limited else Reason.BELOW_THRESHOLD, measured))

    usual = policy.queue if label is None else policy.label_queues.get(label, policy.queue)
    found = next((one for one in findings if one.to == ESCALATE), findings[0] if findings else None)
    if found is None:
        found = _Finding(Reason.ABOVE_THRESHOLD, measured, to=AUTO_ACCEPT)
    fallback = (escalation_queue or usual) if found.to == ESCALATE else usual
    return Routing(
        disposition=found.to,
        reason_code=found.code.value,
        reason=found.reason,
        margin=margin,
        queue=found.queue or fallback,
        priority=policy.priority if label is None else policy.label_priorities.get(label, policy.priority),
        blind=drawn,
        draw_probability=draw_probability,
    )


def _failure(facts: Facts, labels: Collection[str]) -> str | None:
    """Return why there is no usable answer, if so; whoever called the model may have overlooked it."""
    if facts.failure:
        return facts.failure
    if facts.label is None:
        return Failure.BAD_OUTPUT.value
    if labels and facts.label not in labels:
        return Failure.UNKNOWN_LABEL.value
    if facts.confidence is not None and not 0 <= facts.confidence <= 1:
        return Failure.NOT_A_NUMBER.value
    return None


def _matches(facts: Facts, policy: Policy, label: str | None) -> Iterator[_Finding]:
    """Yield a finding for every rule that matches, in their order."""
    for index, rule in enumerate(policy.rules):
        matched = _match(rule, facts, label)
        if matched is not None:
            code, parameters = matched
            yield _Finding(code, {"rule": index, **parameters}, to=rule.to, queue=rule.queue)


def _is_above(value: float | None, limit: float) -> bool:
    """Tell whether a value is above the limit; what can't be compared may be."""
    return value is not None and not value <= limit


def _match(rule: Rule, facts: Facts, label: str | None) -> tuple[Reason, dict[str, Any]] | None:
    match rule:
        case ValueAbove(limit=limit):
            if facts.value is not None and _is_above(facts.value, limit):
                value = facts.value if math.isfinite(facts.value) else None
                return Reason.RULE_VALUE_ABOVE, {"value": value, "limit": limit}
        case LabelIn(labels=labels):
            if label in labels:
                return Reason.RULE_LABEL_IN, {"label": label}
        case FlagPresent(flags=flags):
            present = [flag for flag in facts.flags if flags is None or flag in flags]
            if present:
                return Reason.RULE_FLAG_PRESENT, {"flag": present[0], "flags": present}
        case MissingField(fields=fields):
            gone = [text for text in fields if text in facts.missing]
            if gone:
                return Reason.RULE_MISSING_FIELD, {"field": gone[0], "fields": gone}
    return None

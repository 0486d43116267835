"""A policy's rules and thresholds, as JSON and as values that can't be wrong."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.domain.pointers import parts_of, pointer

MAX_RULES = 100
MAX_NAMES = 1_000
PRIORITY_LIMIT = 1_000

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_TARGETS = ("review", "escalate")


@dataclass
class PolicyInvalid(ValueError):  # noqa: N818 - an answer to the author of the policy
    """The body is not a policy: where (JSON Pointer) and why."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"


@dataclass(frozen=True, slots=True)
class ValueAbove:
    """Sends items whose value is above the limit."""

    limit: float
    to: str
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class LabelIn:
    """Sends items whose predicted label is in the list."""

    labels: tuple[str, ...]
    to: str
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class FlagPresent:
    """Sends items that carry one of the flags; none named means any."""

    flags: tuple[str, ...] | None
    to: str
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class MissingField:
    """Sends items in which one of the fields (JSON Pointers) is missing or empty."""

    fields: tuple[str, ...]
    to: str
    queue: str | None = None


Rule = ValueAbove | LabelIn | FlagPresent | MissingField


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules first, then thresholds: a label's own, else the default; none means never automatic."""

    queue: str
    default_threshold: float | None = None
    label_thresholds: Mapping[str, float | None] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    label_queues: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    label_priorities: Mapping[str, int] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the pointers that its rules ask for, each once."""
        asked = (text for rule in self.rules if isinstance(rule, MissingField) for text in rule.fields)
        return tuple(dict.fromkeys(asked))

    @property
    def queues(self) -> tuple[str, ...]:
        """Return the keys of the queues that it can send to, each once."""
        ruled = (rule.queue for rule in self.rules if rule.queue)
        return tuple(dict.fromkeys((self.queue, *self.label_queues.values(), *ruled)))


def parse_policy(body: Any, *, labels: Collection[str] = ()) -> Policy:
    """Return the policy that the body says, or raise PolicyInvalid; labels, where given, are the only ones allowed."""
    known = _Reader(frozenset(labels))
    _keys(
        body,
        (),
        needed=("default_threshold", "queue"),
        optional=("label_thresholds", "rules", "label_queues", "priority", "label_priorities"),
    )
    return Policy(
        queue=_queue(body["queue"], ("queue",)),
        default_threshold=_threshold(body["default_threshold"], ("default_threshold",)),
        label_thresholds=known.by_label(body, "label_thresholds", _threshold),
        rules=known.rules(body.get("rules", [])),
        label_queues=known.by_label(body, "label_queues", _queue),
        priority=_priority(body.get("priority", 0), ("priority",)),
        label_priorities=known.by_label(body, "label_priorities", _priority),
    )


def dump_policy(policy: Policy) -> dict[str, Any]:
    """Return the body that parses to the same policy, with every key written out."""
    return {
        "default_threshold": policy.default_threshold,
        "label_thresholds": dict(policy.label_thresholds),
        "rules": [_dumped(rule) for rule in policy.rules],
        "queue": policy.queue,
        "label_queues": dict(policy.label_queues),
        "priority": policy.priority,
        "label_priorities": dict(policy.label_priorities),
    }


def _dumped(rule: Rule) -> dict[str, Any]:
    match rule:
        case ValueAbove():
            body: dict[str, Any] = {"kind": "value_above", "limit": rule.limit}
        case LabelIn():
            body = {"kind": "label_in", "labels": list(rule.labels)}
        case FlagPresent():
            body = {"kind": "flag_present", "flags": None if rule.flags is None else list(rule.flags)}
        case MissingField():
            body = {"kind": "missing_field", "fields": list(rule.fields)}
    queue = {"queue": rule.queue} if rule.queue else {}
    return {**body, "to": rule.to, **queue}


Path = tuple[str | int, ...]


class _Reader:
    """Reads the parts of a body that name labels."""

    def __init__(self, labels: frozenset[str]) -> None:
        self.labels = labels

    def by_label(self, body: Mapping[str, Any], key: str, read: Any) -> dict[str, Any]:
        """Return the mapping from labels under the key, each value read."""
        mapping = body.get(key, {})
        if not isinstance(mapping, dict) or len(mapping) > MAX_NAMES:
            _refuse((key,), f"must be an object from labels, at most {MAX_NAMES}")
        return {self.label(label, (key, label)): read(value, (key, label)) for label, value in mapping.items()}

    def label(self, value: Any, path: Path) -> str:
        """Return a label that the contract knows."""
        text = _text(value, path)
        if self.labels and text not in self.labels:
            _refuse(path, "is not a label of the contract")
        return text

    def rules(self, value: Any) -> tuple[Rule, ...]:
        """Return the rules in their order."""
        if not isinstance(value, list) or len(value) > MAX_RULES:
            _refuse(("rules",), f"must be a list of at most {MAX_RULES} rules")
        return tuple(self.rule(rule, ("rules", index)) for index, rule in enumerate(value))

    def rule(self, body: Any, path: Path) -> Rule:
        """Return one rule."""
        kind = body.get("kind") if isinstance(body, dict) else None
        subject = {"value_above": "limit", "label_in": "labels", "flag_present": "flags", "missing_field": "fields"}
        name = subject.get(kind) if isinstance(kind, str) else None
        if name is None:
            raise PolicyInvalid(pointer((*path, "kind")), f"must be one of {', '.join(subject)}")
        _keys(body, path, needed=("kind", name, "to"), optional=("queue",))
        if body["to"] not in _TARGETS:
            _refuse((*path, "to"), "must be review or escalate")
        to: str = body["to"]
        queue = None if body.get("queue") is None else _queue(body["queue"], (*path, "queue"))
        about, where = body[name], (*path, name)
        match kind:
            case "value_above":
                return ValueAbove(_number(about, where), to, queue)
            case "label_in":
                return LabelIn(_texts(about, where, self.label), to, queue)
            case "flag_present":
                return FlagPresent(None if about is None else _texts(about, where, _text), to, queue)
            case _:
                return MissingField(_texts(about, where, _field), to, queue)


def _refuse(path: Path, message: str) -> Any:
    raise PolicyInvalid(pointer(path), message)


def _keys(body: Any, path: Path, *, needed: tuple[str, ...], optional: tuple[str, ...]) -> None:
    if not isinstance(body, dict):
        _refuse(path, "must be an object")
    for key in body:
        if key not in needed and key not in optional:
            _refuse((*path, str(key)), f"is unknown; known are {', '.join((*needed, *optional))}")
    for key in needed:
        if key not in body:
            _refuse((*path, key), "is missing")


def _number(value: Any, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        _refuse(path, "must be a number")
    return float(value)


def _threshold(value: Any, path: Path) -> float | None:
    if value is None:
        return None
    number = _number(value, path)
    if not 0 <= number <= 1:
        _refuse(path, "must be between 0 and 1, or null for never automatic")
    return number


def _priority(value: Any, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > PRIORITY_LIMIT:
        _refuse(path, f"must be a whole number between -{PRIORITY_LIMIT} and {PRIORITY_LIMIT}")
    return int(value)


def _queue(value: Any, path: Path) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        _refuse(path, "must be the key of a queue: small letters, digits, hyphens, at most 63")
    return str(value)


def _text(value: Any, path: Path) -> str:
    if not isinstance(value, str) or not value:
        _refuse(path, "must be a text that is not empty")
    return str(value)


def _texts(value: Any, path: Path, read: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_NAMES:
        _refuse(path, f"must be a list of 1 to {MAX_NAMES}")
    return tuple(read(part, (*path, index)) for index, part in enumerate(value))


def _field(value: Any, path: Path) -> str:
    text = _text(value, path)
    try:
        parts_of(text)
    except ValueError as error:
        _refuse(path, str(error))
    return text

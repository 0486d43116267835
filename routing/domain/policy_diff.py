"""What one policy does otherwise than another: by meaning, not by text, and whether it accepts more or less."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from routing.domain.pointers import pointer
from routing.domain.policy_body import dump_policy, parse_policy


class Effect(StrEnum):
    """What a change does to how much is accepted automatically."""

    LOOSER = "looser"
    TIGHTER = "tighter"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; `pointer` is its place in the later policy, or in the earlier one where it is gone.

    `before` and `after` are JSON values; `was_there` and `is_there` tell whether the policy said anything, since null is a
    threshold: never automatic.
    """

    pointer: str
    before: Any
    after: Any
    effect: Effect
    was_there: bool = True
    is_there: bool = True


_MAPPINGS = ("label_thresholds", "label_queues", "label_priorities")


def diff(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Change]:
    """Return how a policy's body differs from an earlier one; both must parse.

    Without an earlier one everything went to people, so everything is new. A label whose own threshold is the default's is
    still named: it will not follow when the default moves.
    """
    new = dump_policy(parse_policy(after))
    if before is None:
        return list(_from_nothing(new))
    old = dump_policy(parse_policy(before))
    return list(_changes(old, new))


def _from_nothing(new: Mapping[str, Any]) -> Iterator[Change]:
    loosened = Effect.ELSEWHERE if new["default_threshold"] is None else Effect.LOOSER
    yield Change("/default_threshold", None, new["default_threshold"], loosened, was_there=False)
    yield Change("/queue", None, new["queue"], Effect.ELSEWHERE, was_there=False)
    if new["priority"]:
        yield Change("/priority", None, new["priority"], Effect.ELSEWHERE, was_there=False)
    for name in _MAPPINGS:
        for label, value in new[name].items():
            effect = Effect.LOOSER if name == "label_thresholds" and value is not None else Effect.ELSEWHERE
            yield Change(pointer((name, label)), None, value, effect, was_there=False)
    for index, rule in enumerate(new["rules"]):
        yield Change(pointer(("rules", index)), None, rule, Effect.TIGHTER, was_there=False)


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if old["default_threshold"] != new["default_threshold"]:
        effect = _moved(old["default_threshold"], new["default_threshold"])
        yield Change("/default_threshold", old["default_threshold"], new["default_threshold"], effect)
    yield from _labels(old, new)
    yield from _rules(old["rules"], new["rules"])
    for name in ("queue", "priority"):
        if old[name] != new[name]:
            yield Change(f"/{name}", old[name], new[name], Effect.ELSEWHERE)


def _labels(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in _MAPPINGS:
        was, now = old[name], new[name]
        for label in dict.fromkeys((*was, *now)):
            if label in was and label in now and was[label] == now[label]:
                continue
            effect = Effect.ELSEWHERE
            if name == "label_thresholds":
                effect = _moved(was.get(label, old["default_threshold"]), now.get(label, new["default_threshold"]))
            yield Change(
                pointer((name, label)),
                was.get(label),
                now.get(label),
                effect,
                was_there=label in was,
                is_there=label in now,
            )


def _rules(was: list[Any], now: list[Any]) -> Iterator[Change]:
    """Yield rules that came, went or changed; one in another place stays the same rule, since any rule that matches counts."""
    old_texts, new_texts = [_text(rule) for rule in was], [_text(rule) for rule in now]
    steps = SequenceMatcher(a=old_texts, b=new_texts, autojunk=False).get_opcodes()
    for step, first, last, new_first, new_last in steps:
        if step == "equal":
            continue
        gone, come = list(range(first, last)), list(range(new_first, new_last))
        pairs = [(a, b) for a, b in zip(gone, come, strict=False) if was[a]["kind"] == now[b]["kind"]]
        changed_old, changed_new = {a for a, _ in pairs}, {b for _, b in pairs}
        for a, b in pairs:
            yield Change(pointer(("rules", b)), was[a], now[b], _rule_effect(was[a], now[b]))
        for a in gone:
            if a not in changed_old:
                yield Change(pointer(("rules", a)), was[a], None, Effect.LOOSER, is_there=False)
        for b in come:
            if b not in changed_new:
                yield Change(pointer(("rules", b)), None, now[b], Effect.TIGHTER, was_there=False)


def _rule_effect(was: Mapping[str, Any], now: Mapping[str, Any]) -> Effect:
    """Return whether the changed rule matches more (tighter) or less; what only goes elsewhere changes neither."""
    kind = was["kind"]
    if kind == "value_above":
        if was["limit"] == now["limit"]:
            return Effect.ELSEWHERE
        return Effect.LOOSER if now["limit"] > was["limit"] else Effect.TIGHTER
    name = {"label_in": "labels", "flag_present": "flags", "missing_field": "fields"}[kind]
    if was[name] is None or now[name] is None:  # any flag at all
        if was[name] == now[name]:
            return Effect.ELSEWHERE
        return Effect.TIGHTER if now[name] is None else Effect.LOOSER
    before, after = set(was[name]), set(now[name])
    if before == after:
        return Effect.ELSEWHERE
    # A rule that lets something through that it used to stop is looser, whatever else it stops.
    return Effect.LOOSER if before - after else Effect.TIGHTER


def _moved(before: float | None, after: float | None) -> Effect:
    """Return what another threshold does; none is the strictest."""
    was, now = (2.0 if value is None else value for value in (before, after))
    if was == now:
        return Effect.ELSEWHERE
    return Effect.LOOSER if now < was else Effect.TIGHTER


def _text(rule: Any) -> str:
    return json.dumps(rule, sort_keys=True)


def in_lines(changes: list[Change]) -> list[str]:
    """Return the changes for a terminal: `~ /default_threshold  0.9 -> 0.85  (looser)`."""
    return [_line(change) for change in changes]


def _line(change: Change) -> str:
    before, after = json.dumps(change.before, ensure_ascii=False), json.dumps(change.after, ensure_ascii=False)
    effect = "" if change.effect is Effect.ELSEWHERE else f"  ({change.effect.value})"
    if not change.was_there:
        return f"+ {change.pointer}  {after}{effect}"
    if not change.is_there:
        return f"- {change.pointer}  {before}{effect}"
    return f"~ {change.pointer}  {before} -> {after}{effect}"

"""Releases in words: what changes, what was seen of it beforehand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from review.templatetags.policies import rule_sentence
from review.templatetags.shown import NOTHING, decimal, percent, rate
from routing.domain.pointers import parts_of
from routing.domain.policy_body import parse_policy
from routing.domain.policy_diff import Change
from routing.domain.reasons import share

register = template.Library()

_SUBJECTS = {
    "default_threshold": gettext_lazy("Automatic from"),
    "queue": gettext_lazy("Queue"),
    "priority": gettext_lazy("Priority"),
    "label_thresholds": gettext_lazy("%(label)s automatic from"),
    "label_queues": gettext_lazy("Queue of %(label)s"),
    "label_priorities": gettext_lazy("Priority of %(label)s"),
    "rules": gettext_lazy("Rule"),
}
_STATES = {
    "proposed": gettext_lazy("proposed"),
    "approved": gettext_lazy("approved"),
    "staged": gettext_lazy("staged"),
    "full": gettext_lazy("in force"),
    "replaced": gettext_lazy("replaced"),
    "rolled_back": gettext_lazy("rolled back"),
    "refused": gettext_lazy("refused"),
    "withdrawn": gettext_lazy("withdrawn"),
}
_TONES = {
    "proposed": "accent",
    "approved": "accent",
    "staged": "warn",
    "full": "good",
    "rolled_back": "bad",
    "refused": "bad",
}


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """A change as a row: what, before, after."""

    subject: str
    before: str
    after: str
    effect: str


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A figure that the proposer saw: now, and with the proposal."""

    title: str
    now: str
    then: str


@register.simple_tag
def change_words(changes: Sequence[Change], titles: Mapping[str, str] | None = None) -> list[ChangeWords]:
    """Return changes of a policy in words."""
    return [_words(change, titles or {}) for change in changes]


@register.filter
def state_words(state: str) -> str:
    """Return a proposal's state as it stands in a badge."""
    return str(_STATES.get(state, state))


@register.filter
def state_tone(state: str) -> str:
    """Return the colour of a proposal's state."""
    return _TONES.get(state, "")


@register.simple_tag
def seen_rows(preview: Any, replay: Any = None) -> list[SeenRow]:
    """Return what was seen of a proposal beforehand: the tuner's figures, then those of its replay; what is odd is left out.

    A preview is whatever the proposer's program sent, so that nothing is taken for granted.
    """
    rows: list[SeenRow] = []
    if isinstance(preview, Mapping) and preview.get("kind") in list(_READERS):
        rows += _READERS[preview["kind"]](preview)
    result = getattr(replay, "result", None)
    if isinstance(result, Mapping):
        rows += _of_replay(result)
    return rows


def _words(change: Change, titles: Mapping[str, str]) -> ChangeWords:
    name, *rest = parts_of(change.pointer)
    label = titles.get(rest[0], rest[0]) if rest else ""
    subject = str(_SUBJECTS[name]) % {"label": label} if name != "rules" else str(_SUBJECTS[name])
    before = _value(name, change.before, titles) if change.was_there else _absent(name)
    after = _value(name, change.after, titles) if change.is_there else _absent(name)
    return ChangeWords(subject, before, after, change.effect.value)


def _value(name: str, value: Any, titles: Mapping[str, str]) -> str:
    if name in {"default_threshold", "label_thresholds"}:
        return _("never") if value is None else decimal(share(value))
    if name == "rules":
        (rule,) = parse_policy({"default_threshold": None, "queue": "any", "rules": [value]}).rules
        return rule_sentence(rule, titles)
    return str(value)


def _absent(name: str) -> str:
    return _("like the others") if name.startswith("label_") else _("none")


def _of_tuner(preview: Mapping[str, Any]) -> list[SeenRow]:
    now, then = preview.get("active"), preview.get("draft")
    if not isinstance(now, Mapping) or not isinstance(then, Mapping):
        return []
    rows = [
        SeenRow(_("Automatic"), _share(now.get("automatic")), _share(then.get("automatic"))),
        SeenRow(_("Wrong, at most"), _bound(now), _bound(then)),
        SeenRow(_("Reviews a day"), _count(now.get("reviews")), _count(then.get("reviews"))),
    ]
    return [row for row in rows if row.then != NOTHING]


def _of_counts(preview: Mapping[str, Any]) -> list[SeenRow]:
    items, now, then = (preview.get(name) for name in ("items", "before", "after"))
    if not (_is_number(items) and items and isinstance(now, Mapping) and isinstance(then, Mapping)):
        return []
    sentence = _("Automatic, of %(n)s items in %(days)s days")
    title = sentence % {"n": _count(items), "days": _count(preview.get("days"))}
    rows = [SeenRow(title, *(_share(_part(one.get("auto"), items)) for one in (now, then)))]
    moved = [(_("To automatic"), preview.get("to_auto")), (_("To people"), preview.get("to_people"))]
    return rows + [SeenRow(name, "", _count(count)) for name, count in moved if _is_number(count)]


def _of_replay(result: Mapping[str, Any]) -> list[SeenRow]:
    items, base, draft = (result.get(name) for name in ("items", "base", "draft"))
    rows = []
    if isinstance(base, Mapping) and isinstance(draft, Mapping) and _is_number(items) and items:
        sentence = _("Automatic, %(n)s past items") % {"n": _count(items)}
        rows.append(SeenRow(sentence, *(_share(_part(one.get("auto"), items)) for one in (base, draft))))
    before, after = result.get("error_before"), result.get("error_after")
    if isinstance(before, Mapping) and isinstance(after, Mapping) and _is_number(after.get("upper")):
        rows.append(SeenRow(_("Wrong among them, at most"), *(_upper(one) for one in (before, after))))
    return rows


def _part(count: Any, items: Any) -> Any:
    return count / items if _is_number(count) else None


def _upper(figure: Mapping[str, Any]) -> str:
    if not _is_number(figure.get("upper")):
        return NOTHING
    return _("%(bound)s (n = %(n)s, k = %(k)s)") % {
        "bound": rate(figure["upper"]),
        "n": _count(figure.get("n")),
        "k": _count(figure.get("wrong")),
    }


def _bound(column: Mapping[str, Any]) -> str:
    if not _is_number(column.get("bound")):
        return NOTHING
    return _("%(bound)s (n = %(n)s, k = %(k)s)") % {
        "bound": rate(column["bound"]),
        "n": _count(column.get("n")),
        "k": _count(column.get("k")),
    }


def _share(value: Any) -> str:
    return percent(value) if _is_number(value) and 0 <= value <= 1 else NOTHING


def _count(value: Any) -> str:
    return decimal(f"{value:,.0f}") if _is_number(value) else NOTHING


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_READERS: dict[str, Callable[[Mapping[str, Any]], list[SeenRow]]] = {"tuner": _of_tuner, "counts": _of_counts}

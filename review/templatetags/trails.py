"""The audit trail of an item in words."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.domain import ActorKind
from governance.selectors.trails import TrailEvent
from review.domain import actions
from review.domain.reveal_reasons import TITLES, RevealReason
from review.templatetags.shown import NOTHING, because, decimal, flag_words, milliseconds
from routing.domain.reasons import share

register = template.Library()

# Tone and icon of a row: what the machine did, what a person did, what was sent.
_LOOKS = {
    actions.ITEM_RECEIVED: ("s", "inbox"),
    actions.ITEM_ROUTED: ("m", "machine"),
    actions.ITEM_POSTPONED: ("s", "snooze"),
    actions.ITEM_DIED: ("x", "alert"),
    actions.ITEM_WITHDRAWN: ("x", "x"),
    actions.ITEM_REPLAYED: ("u", "refresh"),
    actions.ITEM_SENT_TO_PEOPLE: ("u", "people"),
    actions.ITEM_AMENDED: ("u", "undo"),
    actions.ITEM_RESOLVED: ("d", "send"),
    actions.REVIEW_EXPIRED: ("s", "clock"),
    actions.REVIEW_SKIPPED: ("u", "skip"),
    actions.REVIEW_ESCALATED: ("u", "up"),
    actions.REVIEW_ASSIGNED: ("u", "people"),
    actions.REVIEW_SNOOZED: ("u", "snooze"),
    actions.ITEM_REVEALED: ("u", "eye"),
    actions.DECISION_UNDONE: ("x", "undo"),
}
_PERSON, _SYSTEM = ("u", "user"), ("s", "settings")
_DISPOSITIONS = {
    "auto_accept": gettext_lazy("accepted automatically"),
    "review": gettext_lazy("sent to people, queue %(queue)s"),
    "escalate": gettext_lazy("escalated, queue %(queue)s"),
}
_PEOPLE = {
    actions.REVIEW_ESCALATED: gettext_lazy("asked by name: %(people)s"),
    actions.REVIEW_ASSIGNED: gettext_lazy("to %(people)s"),
    actions.REVIEW_TAKEN_BACK: gettext_lazy("from %(people)s"),
}
_ANSWERS = {
    "accept": gettext_lazy("accepted %(label)s"),
    "correct": gettext_lazy("answered %(label)s"),
    "reject": gettext_lazy("said that no label applies"),
}


@register.simple_tag
def trail_look(event: TrailEvent) -> dict[str, str]:
    """Return tone and icon of an event's row."""
    tone, icon = _LOOKS.get(event.action, _PERSON if event.actor_kind == ActorKind.PERSON else _SYSTEM)
    return {"tone": tone, "icon": icon}


@register.simple_tag
def trail_actor(event: TrailEvent, names: Mapping[Any, str] | None = None) -> str:
    """Return who acted: a name where the page may give one, else the pseudonym."""
    if event.actor_kind == ActorKind.SYSTEM:
        return _("AIOS Review")
    return (names or {}).get(event.actor_pseudonym) or _("person %(short)s") % {"short": str(event.actor_pseudonym)[:8]}


@register.simple_tag
def trail_lines(
    event: TrailEvent, titles: Mapping[str, str] | None = None, names: Mapping[Any, str] | None = None
) -> list[str]:
    """Return what an event says, in lines; an erased one says that it was erased."""
    if event.data is None:
        return [_("the content of this event was erased")]
    tell = _TELLERS.get(event.action)
    lines = tell(event.data, titles or {}) if tell else []
    return [line for line in [*lines, _people(event, names or {})] if line]


def people_named(trail: Iterable[TrailEvent]) -> list[UUID]:
    """Return the pseudonyms of those who act in a trail, and of those whom its events name."""
    return [pseudonym for event in trail for pseudonym in (event.actor_pseudonym, *_named_in(event))]


def _named_in(event: TrailEvent) -> list[UUID]:
    said = event.data or {}
    return [UUID(one) for one in [*(said.get("mentions") or []), said.get("person"), said.get("holder")] if one]


def _people(event: TrailEvent, names: Mapping[Any, str]) -> str:
    sentence = _PEOPLE.get(event.action)
    people = [
        names.get(one) or _("person %(short)s") % {"short": str(one)[:8]}
        for one in (_named_in(event) if sentence else [])
    ]
    if event.action == actions.REVIEW_ASSIGNED and not people:
        return _("to everybody again")
    return str(sentence) % {"people": ", ".join(people)} if people else ""


def _received(data: Mapping[str, Any], _titles: Mapping[str, str]) -> list[str]:
    flags = ", ".join(flag_words(flag) for flag in data.get("flags") or [])
    contract = _("contract %(version)s") % {"version": data["contract"]} if data.get("contract") else ""
    return [
        contract,
        _("looked at more closely: %(flags)s") % {"flags": flags} if flags else "",
    ]


def _routed(data: Mapping[str, Any], titles: Mapping[str, str]) -> list[str]:
    label, confidence = data.get("label"), data.get("confidence")
    said = ""
    if label is not None:
        said = (
            f"{titles.get(label, label)}, {decimal(share(confidence))}"
            if confidence is not None
            else titles.get(label, label)
        )
    way = str(_DISPOSITIONS.get(data.get("disposition", ""), "")) % {"queue": data.get("queue") or NOTHING}
    return [said, way, because(data.get("reason_code", ""), data.get("reason") or {}, titles)]


def _decided(data: Mapping[str, Any], titles: Mapping[str, str]) -> list[str]:
    label = data.get("label")
    answer = str(_ANSWERS.get(data.get("action", ""), "")) % {"label": titles.get(label, label) if label else NOTHING}
    shown = _("suggestion shown") if data.get("suggestion_shown") else _("shown without suggestion")
    active = data.get("active_ms")
    return [
        answer,
        f"{shown}, {_('%(time)s active') % {'time': milliseconds(active)}}" if active is not None else shown,
        _note(data),
    ]


def _reasoned(data: Mapping[str, Any], _titles: Mapping[str, str]) -> list[str]:
    return [str(data.get("reason_code") or "").replace("_", " "), _note(data)]


def _failed(data: Mapping[str, Any], _titles: Mapping[str, str]) -> list[str]:
    return [
        _("attempt %(n)s: %(failure)s")
        % {
            "n": data.get("attempt"),
            "failure": str(data.get("failure")).replace("_", " "),
        }
    ]


def _replayed(data: Mapping[str, Any], _titles: Mapping[str, str]) -> list[str]:
    sentence = _("after %(n)s attempts: %(failure)s")
    return [sentence % {"n": data.get("attempt"), "failure": str(data.get("failure")).replace("_", " ")}]


def _amended(data: Mapping[str, Any], titles: Mapping[str, str]) -> list[str]:
    label = data.get("label")
    answer = _("to %(label)s") % {"label": titles.get(label, label)} if label else _("no label applies")
    return [answer, str(data.get("reason_code") or "").replace("_", " "), _note(data)]


def _claimed(data: Mapping[str, Any], _titles: Mapping[str, str]) -> list[str]:
    return [_("fence %(n)s") % {"n": data.get("fence")}]


def _snoozed(data: Mapping[str, Any], _titles: Mapping[str, str]) -> list[str]:
    until = datetime.fromisoformat(data["until"]).astimezone(UTC)
    return [_("until %(time)s UTC") % {"time": date_format(until, _("j M Y H:i"))}, _note(data)]


def _revealed(data: Mapping[str, Any], _titles: Mapping[str, str]) -> list[str]:
    code = str(data.get("reason_code") or "")
    reason = str(TITLES[RevealReason(code)]) if code in set(RevealReason) else code
    return [", ".join(data.get("pointers") or []), reason, _note(data)]


def _escalated(data: Mapping[str, Any], _titles: Mapping[str, str]) -> list[str]:
    queue = _("to the queue %(queue)s") % {"queue": data["queue"]} if data.get("queue") else ""
    return [queue, *_reasoned(data, _titles)]


def _note(data: Mapping[str, Any]) -> str:
    return f"“{data['note']}”" if data.get("note") else ""


_TELLERS: dict[str, Callable[[Mapping[str, Any], Mapping[str, str]], list[str]]] = {
    actions.ITEM_RECEIVED: _received,
    actions.ITEM_ROUTED: _routed,
    actions.ITEM_POSTPONED: _failed,
    actions.ITEM_DIED: _failed,
    actions.ITEM_REPLAYED: _replayed,
    actions.ITEM_SENT_TO_PEOPLE: _routed,
    actions.ITEM_AMENDED: _amended,
    actions.REVIEW_CLAIMED: _claimed,
    actions.REVIEW_EXPIRED: _claimed,
    actions.REVIEW_SKIPPED: _reasoned,
    actions.REVIEW_ESCALATED: _escalated,
    actions.REVIEW_SNOOZED: _snoozed,
    actions.ITEM_REVEALED: _revealed,
    actions.DECISION_MADE: _decided,
}

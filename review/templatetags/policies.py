"""A policy in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from review.templatetags.shown import decimal, flag_words
from routing.domain.policy_body import FlagPresent, LabelIn, MissingField, Rule, ValueAbove, parse_policy
from routing.domain.reasons import share

register = template.Library()

_UNTOLD = ("training_s", "temperature", "calibration_error_untempered", "known_failures")


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """From which score on each label is automatic (none: never), and what sends items to people whatever the score."""

    default_threshold: str | None
    thresholds: list[tuple[str, str | None]]
    rules: list[str]


@register.simple_tag
def policy_words(body: Mapping[str, Any] | None, titles: Mapping[str, str] | None = None) -> PolicyWords | None:
    """Return a policy's thresholds and rules in words; none where there is no policy."""
    if body is None:
        return None
    policy = parse_policy(body)
    named = titles or {}
    return PolicyWords(
        default_threshold=_share(policy.default_threshold),
        thresholds=[(named.get(label, label), _share(value)) for label, value in policy.label_thresholds.items()],
        rules=[rule_sentence(rule, named) for rule in policy.rules],
    )


def _share(value: float | None) -> str | None:
    return None if value is None else decimal(share(value))


def rule_sentence(rule: Rule, titles: Mapping[str, str]) -> str:
    """Return a rule in words."""
    target = _("goes to people") if rule.to == "review" else _("is escalated")
    where = _(", queue %(queue)s") % {"queue": rule.queue} if rule.queue else ""
    match rule:
        case ValueAbove():
            what = _("A value above %(limit)s") % {"limit": decimal(f"{rule.limit:,.2f}".removesuffix(".00"))}
        case LabelIn():
            what = ", ".join(titles.get(label, label) for label in rule.labels)
        case FlagPresent():
            words = ", ".join(flag_words(flag) for flag in rule.flags or ())
            what = _("What %(flags)s") % {"flags": words} if words else _("Whatever is flagged")
        case MissingField():
            what = _("A missing %(fields)s") % {"fields": ", ".join(field.strip("/") for field in rule.fields)}
    return f"{what} {target}{where}"


_METRICS = {
    "accuracy": gettext_lazy("Accuracy"),
    "calibration_error": gettext_lazy("Calibration error"),
    "log_loss": gettext_lazy("Log loss"),
}


@register.simple_tag
def model_metrics(metrics: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return what was measured of a model when it was registered, by name, the known ones first."""
    known = dict(metrics or {})
    rows = known.pop("rows", None)
    measured = known.pop("measured_on", None)
    for name in _UNTOLD:
        known.pop(name, None)
    named = [(str(title), _metric(known.pop(name))) for name, title in _METRICS.items() if name in known]
    named += [(name.replace("_", " ").capitalize(), _metric(value)) for name, value in known.items()]
    if isinstance(rows, Mapping):
        told = [(_("Trained on"), rows.get("train")), (_("Measured on"), rows.get(measured))]
        named += [
            (title, _("%(n)s rows") % {"n": decimal(f"{count:,}")}) for title, count in told if isinstance(count, int)
        ]
    return named


def _metric(value: Any) -> str:
    """Return fractions with three places, counts with separators, the rest as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return decimal(f"{value:,}" if isinstance(value, int) else f"{value:.3f}")

"""Why an item went where it went: codes for machines, sentences for people."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """The code stored with every routing decision."""

    ABOVE_THRESHOLD = "above_threshold"
    BELOW_THRESHOLD = "below_threshold"
    NEVER_AUTOMATIC = "never_automatic"
    NO_CONFIDENCE = "no_confidence"
    MODEL_FAILED = "model_failed"
    FLAGGED = "flagged"
    RULE_VALUE_ABOVE = "rule_value_above"
    RULE_LABEL_IN = "rule_label_in"
    RULE_FLAG_PRESENT = "rule_flag_present"
    RULE_MISSING_FIELD = "rule_missing_field"
    RESTRICTED_TO_PEOPLE = "restricted_to_people"
    RESTRICTED_THRESHOLD = "restricted_threshold"
    GIVEN_UP = "given_up"


Sentence = tuple[str, dict[str, Any]]


def _(message: str) -> str:
    """Mark a sentence for the catalogue; the page translates it."""
    return message


UNEXPLAINED = _("shown by the policy")

SENTENCES: dict[Reason, str] = {
    Reason.ABOVE_THRESHOLD: _("%(confidence)s, automatic from %(threshold)s"),
    Reason.BELOW_THRESHOLD: _("%(confidence)s, automatic from %(threshold)s"),
    Reason.NEVER_AUTOMATIC: _("%(label)s is never decided automatically"),
    Reason.NO_CONFIDENCE: _("the model gave no confidence"),
    Reason.RULE_VALUE_ABOVE: _("value %(value)s is above %(limit)s"),
    Reason.RULE_LABEL_IN: _("a rule sends %(label)s to people"),
    Reason.RULE_FLAG_PRESENT: _("a rule sends flagged items to people: %(flag)s"),
    Reason.RULE_MISSING_FIELD: _("the field %(field)s is missing"),
    Reason.RESTRICTED_THRESHOLD: _("%(confidence)s, automatic from %(threshold)s while automation is limited"),
    Reason.GIVEN_UP: _("the model was given up on and a person sent the item here"),
}

FLAG_SENTENCES: dict[str, str] = {
    "instruction_like": _("the text reads like an instruction to a program"),
    "invisible_characters": _("the text holds invisible characters"),
    "bidi_characters": _("the text holds characters that change the direction of writing"),
}
OTHER_FLAG = _("the item is flagged: %(flag)s")

FAILURE_SENTENCES: dict[str, str] = {
    "unknown_label": _("the model failed: it answered with a label that the contract does not know"),
    "not_a_number": _("the model failed: its confidence is not a number between 0 and 1"),
    "model_error": _("the model failed: it raised an error"),
    "timeout": _("the model failed: timed out"),
    "model_missing": _("the model failed: its file is missing"),
    "model_altered": _("the model failed: its file is not the one that was registered"),
    "bad_output": _("the model failed: its answer could not be read"),
    "no_model": _("the workflow has no model"),
    "no_policy": _("the workflow has no policy"),
}
OTHER_FAILURE = _("the model failed: %(failure)s")

CAUSE_SENTENCES: dict[str, str] = {
    "stop": _("automation is stopped"),
    "budget": _("the error budget is spent"),
    "drift": _("the input has drifted"),
    "certificate": _("no valid certificate covers it"),
}
OTHER_CAUSE = _("automation is limited")


def describe(reason_code: str, reason: Mapping[str, Any]) -> Sentence:
    """Return a %-template for the catalogue and its parameters, numbers still as numbers in `reason`."""
    params = {key: _shown(key, value) for key, value in reason.items()}
    template = _template(reason_code, reason)
    missing = dict.fromkeys(("confidence", "threshold", "label", "value", "limit", "flag", "field", "failure"), "?")
    return template, {**missing, **params}


def _template(reason_code: str, reason: Mapping[str, Any]) -> str:
    match reason_code:
        case Reason.FLAGGED:
            return FLAG_SENTENCES.get(str(reason.get("flag")), OTHER_FLAG)
        case Reason.MODEL_FAILED:
            return FAILURE_SENTENCES.get(str(reason.get("failure")), OTHER_FAILURE)
        case Reason.RESTRICTED_TO_PEOPLE:
            return CAUSE_SENTENCES.get(str(reason.get("cause")), OTHER_CAUSE)
        case _:
            return SENTENCES.get(Reason(reason_code), UNEXPLAINED) if reason_code in set(Reason) else UNEXPLAINED


def _shown(key: str, value: Any) -> Any:
    """Return a parameter as it reads in a sentence: shares with two to four places, amounts with separators."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if key in {"confidence", "threshold"}:
        return share(value)
    return f"{value:,.2f}".removesuffix(".00")


def share(value: float) -> str:
    """Return a share as people read it: 0.84, 0.9987; never rounded up to 1.00."""
    return f"{int(value * 10_000 + 1e-6) / 10_000:.4f}".rstrip("0").ljust(4, "0")

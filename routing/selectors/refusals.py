"""Why a window of the sample brought no certificate, as sentences for people."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from routing.domain.recommend import Wanting
from routing.domain.risk import Refusal

_SENTENCES: dict[str, str] = {
    Wanting.NO_SAMPLE: gettext_noop(
        "Nothing that the model in charge answered in these days was drawn. Only a random sample can certify."
    ),
    Wanting.MIXED_MODELS: gettext_noop(
        "Another model version answered in these days too. A certificate holds for one version; the next window has one alone."
    ),
    Wanting.DRIFT_ALARM: gettext_noop(
        "There was a drift alarm in these days: what the sample showed need not hold for what comes."
    ),
    Wanting.NO_CLOSED_COHORT: gettext_noop(
        "Not one day is complete: answers or adjudications are missing, and hard items must not be left out."
    ),
    Wanting.BELOW_HUMAN_ERROR: gettext_noop(
        "People were overruled more often than the target allows the model to be wrong: the sample can't measure so little."
    ),
    Refusal.NOTHING_SCORED: gettext_noop("The policy would accept nothing of what was drawn, whatever the threshold."),
    Refusal.TOO_FEW: gettext_noop("There are too few answers that the policy would accept automatically."),
    Refusal.FIRST_POINT_FAILS: gettext_noop("Even the answers of which the model is surest were wrong too often."),
    "no_policy": gettext_noop("The workflow has no policy, so that nothing is accepted automatically."),
}


def refusal_sentence(refusal: Mapping[str, Any]) -> str:
    """Return why there is no certificate, and what would help where it is known; empty for none."""
    reason = refusal.get("reason", "")
    if reason not in _SENTENCES:
        return str(reason)
    parts = [_(_SENTENCES[reason])]
    missing = refusal.get("missing")
    if reason in {Refusal.TOO_FEW, Refusal.FIRST_POINT_FAILS, Refusal.NOTHING_SCORED} and missing:
        text = ngettext("%(n)d more answer would likely do.", "%(n)d more answers would likely do.", missing)
        parts.append(text % {"n": missing})
    elif reason == Refusal.FIRST_POINT_FAILS:
        parts.append(_("More of the same would not help: a laxer target, another rule or another model would."))
    return " ".join(parts)

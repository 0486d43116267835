"""Reviews and items as the API shows them."""

from typing import Any

from django.utils.translation import gettext as _

from review.domain.guard import suspicious_spans
from review.domain.masking import mask
from review.selectors.drafts import DraftFacts
from review.selectors.leased import LeasedReview
from review.templatetags.shown import because
from routing.domain.evidence import evidence_of
from routing.domain.form_values import filled
from routing.domain.ordering import ordered
from routing.selectors.contracts import ContractFacts
from routing.selectors.suggestions import PredictionFacts


def leased(review: LeasedReview) -> dict[str, Any]:
    """Return a leased review for its holder; a blind one says nothing of suggestion or routing."""
    contract = review.contract
    prediction = None if review.is_blind else review.prediction
    shown = mask(review.payload, contract.sensitive)
    return {
        "id": review.id,
        "fence": review.fence,
        "lease_until": review.lease_until,
        "due_at": review.due_at,
        "blind": review.is_blind,
        "adjudication": review.is_adjudication,
        "queue": {"key": review.queue_key, "name": review.queue_name, "undo_window_s": review.undo_window_s},
        "item": {
            "id": review.item_id,
            "external_id": review.external_id,
            "workflow": {"key": contract.workflow_key, "name": contract.workflow_name},
            "payload": ordered(shown.payload, contract.input_schema),
            "masked": shown.pointers,
            "value": review.value,
            "segment": review.segment,
            "received_at": review.occurred_at,
            "flags": review.flags,
            "suspicious": suspicious(shown.payload) if review.flags else {},
            "views": contract.views,
            "sensitive": contract.sensitive,
            "titles": contract.titles,
            "labels": labels(contract),
            "takes_label": contract.takes_label,
            "form": form(review),
        },
        "suggestion": suggestion(prediction, contract, shown.payload) if prediction else None,
        "options": options(review) if review.is_adjudication else None,
        "why": {"text": _("Shown without suggestion")}
        if review.is_blind and not review.is_adjudication
        else why(prediction, contract, is_adjudication=review.is_adjudication),
        "draft": draft(review.draft) if review.draft else None,
    }


def options(review: LeasedReview) -> list[dict[str, str | None]]:
    """Return the two answers of a disagreement, and nothing of whose they are."""
    titles = review.contract.label_titles
    return [
        {"label": label, "title": _("No label applies") if label is None else titles.get(label, label)}
        for label in review.answers
    ]


def draft(draft: DraftFacts) -> dict[str, Any]:
    """Return what the person has typed and not sent."""
    return {
        "label": draft.label,
        "fields": draft.fields,
        "note": draft.note,
        "reason_code": draft.reason_code,
        "saved_at": draft.saved_at,
    }


def suspicious(payload: Any) -> dict[str, list[tuple[int, int, str]]]:
    """Return per place of a payload what raised its flags, as (start, end, flag) counted in characters."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    waiting = [("", payload)]
    while waiting:
        pointer, part = waiting.pop()
        if isinstance(part, str) and (spans := suspicious_spans(part)):
            found[pointer] = spans
        elif isinstance(part, dict):
            waiting += [(f"{pointer}/{_escaped(key)}", inner) for key, inner in part.items()]
        elif isinstance(part, list):
            waiting += [(f"{pointer}/{index}", inner) for index, inner in enumerate(part)]
    return found


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def form(review: LeasedReview) -> list[dict[str, Any]]:
    """Return the fields that can be corrected, each with what the payload has read there.

    How sure the sender's reader was of a field is a hint of a machine: a blind review goes without.
    """
    fields = filled(review.contract.form, review.payload, sensitive=review.contract.sensitive)
    if review.is_blind:
        return [{name: value for name, value in one.items() if name != "confidence"} for one in fields]
    return fields


def labels(contract: ContractFacts) -> list[dict[str, str]]:
    """Return the contract's labels with their titles, in its order."""
    return [{"value": value, "title": contract.label_titles[value]} for value in contract.labels]


def suggestion(prediction: PredictionFacts, contract: ContractFacts, payload: Any = None) -> dict[str, Any] | None:
    """Return what the model said; none where it said nothing. With a payload (masked) also the passages that spoke for it."""
    if prediction.label is None:
        return None
    titles = contract.label_titles
    return {
        "label": prediction.label,
        "title": titles.get(prediction.label, prediction.label),
        "confidence": prediction.confidence,
        "top": [{"label": label, "title": titles.get(label, label), "score": score} for label, score in prediction.top],
        "model": prediction.model,
    } | ({} if payload is None else {"evidence": evidence_of(payload, prediction.explanation, reads=prediction.reads)})


def why(
    prediction: PredictionFacts | None, contract: ContractFacts, *, is_adjudication: bool = False
) -> dict[str, Any]:
    """Return why a person is asked, as a sentence and as numbers."""
    if is_adjudication:
        return {"text": _("Two answers differ; yours decides"), "reason_code": "adjudication"}
    if prediction is None:
        return {"text": _("sent to people"), "reason_code": "unknown"}
    text = because(prediction.reason_code, prediction.reason, contract.label_titles)
    told = {"text": text, "reason_code": prediction.reason_code}
    numbers = {
        "confidence": prediction.confidence,
        "threshold": prediction.reason.get("threshold"),
        "margin": prediction.margin,
    }
    return told | {name: value for name, value in numbers.items() if value is not None}

"""Items in lists, by themselves, and their trail, as the API shows them."""

from typing import Any

from governance.selectors.trails import TrailEvent
from review.api.shown import suggestion, why
from review.selectors.item_detail import ItemDetail, ItemFate, OutcomeFacts
from review.selectors.item_search import FoundItem
from routing.selectors.contracts import ContractFacts
from routing.selectors.suggestions import PredictionFacts


def line(item: FoundItem) -> dict[str, Any]:
    """Return an item as a line of a list."""
    return {
        "id": item.id,
        "external_id": item.external_id,
        "workflow": {"key": item.workflow_key, "name": item.workflow_name},
        "received_at": item.occurred_at,
        "flags": item.flags,
        "withheld": item.is_withheld,
        "state": item.state,
        "label": item.label,
        "source": item.source,
    }


def detail(item: ItemDetail) -> dict[str, Any]:
    """Return an item's content and fate; where the fate is kept back from the caller, there is no trace of it."""
    content = {
        "id": item.id,
        "external_id": item.external_id,
        "workflow": {"key": item.contract.workflow_key, "name": item.contract.workflow_name},
        "contract": item.contract.version,
        "received_at": item.occurred_at,
        "payload": item.payload,
        "masked": item.masked,
        "views": item.contract.views,
        "sensitive": item.contract.sensitive,
        "value": item.value,
        "segment": item.segment,
        "flags": item.flags,
        "withheld": item.fate is None,
    }
    if item.fate is None:
        return content
    return content | {"subject": item.subject, "priority": item.priority} | _fate(item.fate, item.contract)


def event(event: TrailEvent) -> dict[str, Any]:
    """Return one event of a trail."""
    return {
        "seq": event.seq,
        "action": event.action,
        "title": event.title,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "actor": {"kind": event.actor_kind, "pseudonym": event.actor_pseudonym},
        "request_id": event.correlation_id,
        "data": event.data,
    }


def outcome(outcome: OutcomeFacts) -> dict[str, Any]:
    """Return an answer with where it comes from."""
    return {
        "id": outcome.id,
        "label": outcome.label,
        "fields": outcome.fields,
        "source": outcome.source,
        "decision": outcome.decision_id,
        "supersedes": outcome.supersedes,
        "amended_by": outcome.amended_by,
        "reason_code": outcome.reason_code,
        "note": outcome.note,
        "recorded_at": outcome.recorded_at,
    }


def _fate(fate: ItemFate, contract: ContractFacts) -> dict[str, Any]:
    return {
        "state": fate.state,
        "attempts": fate.attempts,
        "last_error": fate.last_error,
        "failure": fate.failure,
        "died_at": fate.died_at,
        "prediction": _prediction(fate.prediction, contract) if fate.prediction else None,
        "outcome": outcome(fate.outcome) if fate.outcome else None,
        "earlier_outcomes": [outcome(one) for one in fate.earlier_outcomes],
        "reviews": [
            {
                "id": review["id"],
                "queue": {"key": review["queue_key"], "name": review["queue_name"]},
                "kind": review["kind"],
                "round": review["round"],
                "slot": review["slot"],
                "state": review["state"],
                "due_at": review["due_at"],
                "decisions": review["decisions"],
                "late_answers": review["late_answers"],
            }
            for review in fate.reviews
        ],
        "outbox": [_message(message) for message in fate.messages],
    }


def _message(message: dict[str, Any]) -> dict[str, Any]:
    deliveries = [
        {
            "id": delivery.id,
            "webhook_name": delivery.endpoint_name,
            "state": delivery.state,
            "attempts": delivery.attempts,
            "next_attempt_at": delivery.next_attempt_at if delivery.is_waiting else None,
            "last_status": delivery.last_status,
        }
        for delivery in message["deliveries"]
    ]
    return message | {"deliveries": deliveries}


def _prediction(prediction: PredictionFacts, contract: ContractFacts) -> dict[str, Any]:
    policy = f"{prediction.policy_name} v{prediction.policy_number}" if prediction.policy_name else ""
    return {
        "suggestion": suggestion(prediction, contract),
        "failure": prediction.failure,
        "failure_detail": prediction.failure_detail,
        "latency_ms": prediction.latency_ms,
        "disposition": prediction.disposition,
        "why": why(prediction, contract),
        "queue": prediction.queue_key,
        "policy": policy,
        "drawn": prediction.drawn,
        "draw_probability": prediction.draw_probability,
        "routed_at": prediction.occurred_at,
    }

"""Which answers a contract takes: labels alone, fields beside them, fields alone."""

from typing import Any

import pytest

from governance.domain import InvalidError
from review.domain.errors import UnknownLabelError
from review.domain.states import DecisionAction
from review.models import Decision
from review.services.claim import claim_reviews
from review.services.decide import Answer, Decided, record_decision
from routing.models import Contract
from tests.conftest import House

TOTAL = {"type": "number", "minimum": 0}


def schema(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


LABELLED = schema(
    {"label": {"enum": ["billing", "delivery"]}, "total": TOTAL, "note": {"type": "string"}}, "label", "total"
)
FIELDS_ONLY = schema({"total": TOTAL, "note": {"type": "string"}}, "total")
ANY_LABEL = schema({"label": {"type": "string"}}, "label")


def answer(house: House, output_schema: dict[str, Any], **given: Any) -> Decision:
    """Answer an item of a workflow with such a contract."""
    contract = Contract.objects.create(
        workspace=house.workspace,
        workflow=house.workflow,
        version="2.0.0",
        input_schema={"type": "object"},
        output_schema=output_schema,
    )
    house.workflow.contract = contract
    house.workflow.save()
    house.in_review("text")
    actor = house.actor(house.reviewer)
    (review,) = claim_reviews(actor=actor, count=1)
    fields = {"action": DecisionAction.CORRECT} | given
    decided = record_decision(actor=actor, review_id=review.id, fence=review.fence, answer=Answer(**fields))
    assert isinstance(decided, Decided)
    return Decision.objects.get(id=decided.decision_id)


@pytest.mark.parametrize(
    ("contract", "given"),
    [
        (LABELLED, {"label": "delivery", "fields": {"total": 3}}),
        (LABELLED, {"action": DecisionAction.ACCEPT, "fields": {"total": 3, "note": "seen"}}),
        (LABELLED, {"action": DecisionAction.REJECT}),
        (LABELLED, {"action": DecisionAction.REJECT, "fields": {"note": "nothing is billed"}}),
        (FIELDS_ONLY, {"fields": {"total": 3}}),
        (FIELDS_ONLY, {"action": DecisionAction.ACCEPT, "fields": {"total": 3}}),
        (FIELDS_ONLY, {"action": DecisionAction.REJECT}),
        (ANY_LABEL, {"label": "whatever"}),
        (ANY_LABEL, {"action": DecisionAction.ACCEPT}),
        (schema({"label": {"enum": ["billing"]}, "note": {}}, "label"), {"label": "billing"}),
        (schema({"label": {"enum": ["billing"]}}), {"label": "billing"}),
        ({"type": "object"}, {"label": "whatever"}),
    ],
    ids=str,
)
def test_an_answer_that_keeps_its_contract_is_taken(
    house: House, contract: dict[str, Any], given: dict[str, Any]
) -> None:
    decision = answer(house, contract, **given)

    assert decision.fields == given.get("fields", {})


@pytest.mark.parametrize(
    ("contract", "given", "pointer", "code"),
    [
        (LABELLED, {"label": "delivery"}, "/total", "required"),
        (LABELLED, {"action": DecisionAction.ACCEPT}, "/total", "required"),
        (LABELLED, {"label": "delivery", "fields": {"total": -1}}, "/total", "minimum"),
        (LABELLED, {"label": "delivery", "fields": {"total": 1, "label": "billing"}}, "/label", "label"),
        (LABELLED, {"action": DecisionAction.REJECT, "fields": {"note": 3}}, "/note", "type"),
        (FIELDS_ONLY, {}, "/total", "required"),
        (FIELDS_ONLY, {"fields": {"note": "x"}}, "/total", "required"),
        (FIELDS_ONLY, {"fields": {"total": "3"}}, "/total", "type"),
        (FIELDS_ONLY, {"action": DecisionAction.ACCEPT}, "/total", "required"),
        (FIELDS_ONLY, {"fields": {"total": 1, "own": 1}}, "", "additionalProperties"),
        (FIELDS_ONLY, {"action": DecisionAction.REJECT, "fields": {"total": -1}}, "/total", "minimum"),
    ],
    ids=str,
)
def test_an_answer_that_breaks_it_is_refused_at_the_field(
    house: House, contract: dict[str, Any], given: dict[str, Any], pointer: str, code: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        answer(house, contract, **given)

    assert [(error["pointer"], error["code"]) for error in refused.value.extra["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("contract", "given"),
    [
        (LABELLED, {"fields": {"total": 3}}),
        (LABELLED, {"label": "other", "fields": {"total": 3}}),
        (FIELDS_ONLY, {"label": "billing", "fields": {"total": 3}}),
        (ANY_LABEL, {}),
    ],
    ids=str,
)
def test_a_label_that_is_missing_or_too_much_is_refused(
    house: House, contract: dict[str, Any], given: dict[str, Any]
) -> None:
    with pytest.raises(UnknownLabelError):
        answer(house, contract, **given)

"""The tuner: what a workflow's policy would do at other thresholds, and what an owner reckons with."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.errors import FieldsInvalidError
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import tuner_shapes as shapes
from review.api.tuner_answer import answer
from review.api.tuner_question import PARAMETERS, question_of
from review.selectors.tuner import tuner
from routing.selectors.assumptions import StoredAssumptions, stored_assumptions, usual_assumptions
from routing.selectors.contracts import contract_facts
from routing.selectors.workflows import WorkflowFacts, access_workflow
from routing.services.assumptions import set_assumptions

_MOST_MONEY = 1e9
_MOST_MINUTES = 1440
_MOST_ITEMS = 1_000_000_000
_CURRENCY = 3


class TunerView(ApiView):
    """Figures of a workflow at any threshold."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(
        operation_id="tune_workflow",
        tags=["thresholds"],
        parameters=PARAMETERS,
        responses={200: shapes.TunerShape} | REFUSALS,
    )
    def get(self, request: Request, workflow_key: str) -> HttpResponse:
        """Return what is active, drafted, certified and cheapest, side by side; nothing is stored.

        Without parameters the draft is what is active. With `known`, the `basis` of an earlier answer, what has not changed since then
        is left out: curve, scale, checks and refusal.
        """
        workflow = access_workflow(workflow_key)
        question = question_of(request, today=timezone.now().date())
        _check_labels(workflow, question.labels or {})
        state = tuner(self.actor, workflow, question)
        return json_response(answer(state, known=request.query_params.get("known", "")))


class AssumptionsView(ApiView):
    """What an owner reckons with."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS, "PUT": Capability.CONFIGURE}

    @extend_schema(
        operation_id="see_assumptions", tags=["thresholds"], responses={200: shapes.AssumptionsShape} | REFUSALS
    )
    def get(self, _request: Request, workflow_key: str) -> HttpResponse:
        """Return the stored assumptions; null where what is measured is taken."""
        return json_response(_shown(stored_assumptions(access_workflow(workflow_key).id)))

    @extend_schema(
        operation_id="set_assumptions",
        tags=["thresholds"],
        request=shapes.AssumptionsShape,
        responses={200: shapes.AssumptionsShape} | REFUSALS,
    )
    def put(self, request: Request, workflow_key: str) -> HttpResponse:
        """Set them all anew; what is missing is as usual."""
        workflow = access_workflow(workflow_key)
        stored = set_assumptions(actor=self.actor, workflow=workflow, assumptions=_read(request))
        return json_response(_shown(stored))


def _check_labels(workflow: WorkflowFacts, labels: Collection[str]) -> None:
    known = contract_facts(workflow.contract_id).labels if workflow.contract_id else ()
    unknown = sorted(set(labels) - set(known))
    if known and unknown:
        message = "This label is not one of the contract."
        raise FieldsInvalidError(
            detail=f"{unknown[0][:80]}: {message}",
            extra={"errors": [{"pointer": "/label", "code": "unknown", "message": message}]},
        )


def _read(request: Request) -> StoredAssumptions:
    usual = usual_assumptions()
    body = Body(request.data, known=_shown(usual).keys())
    currency = body.text("currency", most=_CURRENCY) or usual.currency
    if len(currency) != _CURRENCY or not currency.isascii() or not currency.isalpha() or not currency.isupper():
        body.refuse("/currency", "format", "A currency has three capital letters, as EUR.")
    assumptions = StoredAssumptions(
        currency=currency,
        review_cost=_amount(body, "review_cost", usual.review_cost, _MOST_MONEY),
        wrong_cost=_amount(body, "wrong_cost", usual.wrong_cost, _MOST_MONEY),
        review_minutes=_amount(body, "review_minutes", usual.review_minutes, _MOST_MINUTES),
        items_a_day=body.whole("items_a_day", least=0, most=_MOST_ITEMS, default=-1)
        if _is_there(body, "items_a_day")
        else None,
        human_error=_amount(body, "human_error", 0.0, 1.0) if _is_there(body, "human_error") else None,
    )
    body.close()
    return assumptions


def _is_there(body: Body, name: str) -> bool:
    return body.has(name) and body.any(name) is not None


def _amount(body: Body, name: str, usual: float, most: float) -> float:
    value = body.number(name)
    if value is None:
        return usual
    if not 0 <= value <= most:
        body.refuse(f"/{name}", "range", f"A number from 0 to {most:g} is expected.")
    return value


def _shown(assumptions: StoredAssumptions) -> dict[str, Any]:
    return {
        "currency": assumptions.currency,
        "review_cost": assumptions.review_cost,
        "wrong_cost": assumptions.wrong_cost,
        "review_minutes": assumptions.review_minutes,
        "items_a_day": assumptions.items_a_day,
        "human_error": assumptions.human_error,
    }

"""The plan of a workflow's calibration sample, and how the sample stands."""

from datetime import date
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import sample_shapes as shapes
from routing.domain.risk import Certified
from routing.domain.sampling import NotPossible, Planned
from routing.selectors.certificates import name_of
from routing.selectors.refusals import refusal_sentence
from routing.selectors.sample_state import SampleState, WindowFacts, is_complete, sample_state
from routing.selectors.window_judgement import Judgement
from routing.selectors.workflows import WorkflowFacts, access_workflow
from routing.services.certificates import try_again
from routing.services.sample_plan import MODES, MOST_DAYS, Promise, set_plan

_DELTA = 0.05


class SampleView(ApiView):
    """Plan and state of the sample."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS, "PUT": Capability.CONFIGURE}

    @extend_schema(operation_id="see_sample", tags=["thresholds"], responses={200: shapes.SampleShape} | REFUSALS)
    def get(self, _request: Request, workflow_key: str) -> HttpResponse:
        """Return the plan, the windows, what is open by day, and what the answers would certify now (a preview)."""
        return json_response(_state(access_workflow(workflow_key)))

    @extend_schema(
        operation_id="plan_sample",
        tags=["thresholds"],
        request=shapes.PlanRequestShape,
        responses={200: shapes.SampleShape} | REFUSALS,
    )
    def put(self, request: Request, workflow_key: str) -> HttpResponse:
        """Plan what is certified how often; the share that is drawn follows from it, or is set by hand.

        It counts from the next window on: one that runs keeps its target and its end.
        """
        workflow = access_workflow(workflow_key)
        set_plan(actor=self.actor, workflow=workflow, promise=_promise(request))
        return json_response(_state(access_workflow(workflow_key)))


class TryAgain(ApiView):
    """A refused window, judged once more."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="try_window_again",
        tags=["thresholds"],
        request=None,
        responses={200: shapes.SampleShape} | REFUSALS,
    )
    def post(self, _request: Request, workflow_key: str, number: int) -> HttpResponse:
        """Judge the window by the policy and answers of now; attempt j is tested at delta / 2^j."""
        workflow = access_workflow(workflow_key)
        try_again(actor=self.actor, workflow=workflow, number=number)
        return json_response(_state(workflow))


def _promise(request: Request) -> Promise:
    body = Body(request.data, known={"target", "delta", "every_days", "mode", "rate", "starts_on"})
    target = body.number("target")
    if target is None and not body.errors:
        body.refuse("/target", "required", "This member is required.")
    delta, rate = body.number("delta"), body.number("rate")
    mode = body.text("mode", most=16) or ("computed" if rate is None else "by_hand")
    if mode not in MODES:
        body.refuse("/mode", "unknown", f"One of {', '.join(MODES)} is expected.")
    days = body.whole("every_days", least=1, most=MOST_DAYS)
    starts_on = _day(body)
    body.close()
    return Promise(
        target=target or 0.0,
        delta=_DELTA if delta is None else delta,
        every_days=days,
        mode=mode,
        rate=rate,
        starts_on=starts_on,
    )


def _day(body: Body) -> date | None:
    text = body.text("starts_on", most=10)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        body.refuse("/starts_on", "format", "A day is expected, as 2026-01-31.")
        return None


def _state(workflow: WorkflowFacts) -> dict[str, Any]:
    state = sample_state(workflow)
    return {
        "workflow": {"key": workflow.key, "name": workflow.name},
        "plan": _plan(state),
        "rate": state.rate,
        "items_a_day": state.seen.items_a_day,
        "automatic_share": state.seen.automatic_share,
        "needed": _needed(state.needed),
        "windows": [_window(window) for window in state.windows],
    }


def _plan(state: SampleState) -> dict[str, Any] | None:
    plan = state.plan
    if plan is None:
        return None
    return {
        "target": plan.target,
        "delta": plan.delta,
        "every_days": plan.every_days,
        "mode": plan.mode,
        "starts_on": plan.starts_on.isoformat(),
    }


def _needed(needed: Planned | NotPossible | None) -> dict[str, Any] | None:
    if needed is None:
        return None
    if isinstance(needed, NotPossible):
        return {
            "is_possible": False,
            "answers": needed.needed,
            "expected": needed.expected,
            "days": needed.days,
            "target": needed.target,
        }
    return {
        "is_possible": True,
        "answers": needed.draw.needed,
        "rate": needed.draw.rate,
        "extra_reviews_a_day": needed.draw.extra_reviews_a_day,
        "rate_if_none_is_wrong": needed.clean.rate,
    }


def _window(window: WindowFacts) -> dict[str, Any]:
    certificate = window.certificate
    return {
        "number": window.number,
        "first_day": window.first_day.isoformat(),
        "last_day": window.last_day.isoformat(),
        "target": window.target,
        "delta": window.delta,
        "attempt": window.attempt,
        "state": window.state,
        "refusal": window.refusal | {"text": refusal_sentence(window.refusal)} if window.refusal else None,
        "certificate": {"id": certificate.id, "name": name_of(certificate)} if certificate else None,
        "answers": _answers(window, window.judgement) if window.judgement else None,
        "preview": _preview(window.judgement) if window.judgement else None,
    }


def _answers(window: WindowFacts, found: Judgement) -> dict[str, Any]:
    return {
        "drawn": found.drawn,
        "answered": found.answered,
        "unadjudicated": found.unadjudicated,
        "closed_until": found.closed.until.isoformat() if found.closed.until else None,
        "held_by": found.closed.held_by.isoformat() if found.closed.held_by else None,
        "days": [
            {
                "day": cohort.day.isoformat(),
                "drawn": cohort.drawn,
                "unanswered": cohort.unanswered,
                "unadjudicated": cohort.unadjudicated,
                "is_complete": is_complete(cohort, target=window.target),
            }
            for cohort in found.cohorts
        ],
    }


def _preview(found: Judgement) -> dict[str, Any]:
    verdict = found.verdict
    told: dict[str, Any] = {
        "is_certificate": False,
        "reason": found.reason,
        "missing": found.missing,
        "text": refusal_sentence({"reason": found.reason, "missing": found.missing}) if found.reason else "",
        "delta": found.level,
        "n": verdict.n if verdict else 0,
        "wrong": verdict.k if verdict else 0,
        "threshold": None,
        "bound": None,
        "coverage": None,
    }
    if isinstance(verdict, Certified) and not found.reason:
        told |= {"threshold": found.threshold, "bound": verdict.bound, "coverage": found.share}
    return told

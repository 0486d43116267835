"""The lead's board, and what a lead does on it: pause a queue, take work back, stop a workflow's automation."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import board_shapes as shapes
from review.api.reason import reason_of
from review.selectors.board import Board, BoardQueue, Person, Work, WorkflowStop, board_for
from review.selectors.stats import Rate
from review.services.queues import pause_queue
from review.services.take_back import take_back_review
from routing.selectors.workflows import access_workflow
from routing.services.restrictions import REASON_LENGTH, resume_automation, stop_automation


class BoardView(ApiView):
    """The board."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.LEAD_QUEUES}

    @extend_schema(operation_id="see_board", tags=["board"], responses={200: shapes.BoardShape} | REFUSALS)
    def get(self, _request: Request) -> HttpResponse:
        """Return how the queues fare, who is at work, what they hold, what is overdue, and what is stopped."""
        return json_response(_board(board_for(self.actor)))


class PauseQueue(ApiView):
    """A queue that hands out nothing for a while."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.LEAD_QUEUES}

    @extend_schema(
        operation_id="pause_queue",
        tags=["board"],
        request=shapes.PauseShape,
        responses={200: shapes.PausedShape} | REFUSALS,
    )
    def post(self, request: Request, queue_key: str) -> HttpResponse:
        """Pause the queue or open it again; what people hold stays theirs."""
        body = Body(request.data, known={"paused", "reason"})
        is_paused = body.any("paused")
        if not isinstance(is_paused, bool):
            body.refuse("/paused", "type", "true or false is expected.")
        reason = body.text("reason", most=REASON_LENGTH, is_required=True)
        body.close()
        queue = pause_queue(actor=self.actor, key=queue_key, is_paused=bool(is_paused), reason=reason)
        return json_response({"key": queue.key, "is_paused": queue.is_paused})


class TakeBack(ApiView):
    """A lease that a lead ends."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.LEAD_QUEUES}

    @extend_schema(
        operation_id="take_back_review",
        tags=["board"],
        request=None,
        responses={200: shapes.TakenBackShape} | REFUSALS,
    )
    def post(self, request: Request, review_id: UUID) -> HttpResponse:
        """Open a held review for everyone; its holder's answer is kept as a second opinion. 409 where nobody holds it."""
        Body(request.data or {}, known=()).close()
        take_back_review(actor=self.actor, review_id=review_id)
        return json_response({"taken_back": True})


class StopAutomation(ApiView):
    """A workflow whose items all go to people."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.LEAD_QUEUES}

    @extend_schema(
        operation_id="stop_automation",
        tags=["board"],
        request=shapes.StopReasonShape,
        responses={200: shapes.StoppedShape} | REFUSALS,
    )
    def post(self, request: Request, workflow_key: str) -> HttpResponse:
        """Accept nothing automatically from now on; stopping again changes nothing and succeeds."""
        reason = reason_of(request)
        stop = stop_automation(actor=self.actor, workflow=access_workflow(workflow_key), reason=reason)
        return json_response({"since": stop.since, "is_new": stop.is_new})


class ResumeAutomation(ApiView):
    """A workflow whose policy decides again."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.CONFIGURE}

    @extend_schema(
        operation_id="resume_automation",
        tags=["board"],
        request=shapes.StopReasonShape,
        responses={200: shapes.ResumedShape} | REFUSALS,
    )
    def post(self, request: Request, workflow_key: str) -> HttpResponse:
        """Lift the stop; 409 where there is none."""
        reason = reason_of(request)
        at = resume_automation(actor=self.actor, workflow=access_workflow(workflow_key), reason=reason)
        return json_response({"resumed_at": at})


def _board(board: Board) -> dict[str, object]:
    return {
        "at": board.at,
        "queues": [_queue(queue, board.at) for queue in board.queues],
        "people": [_person(person) for person in board.people],
        "held": [_work(one) for one in board.held],
        "overdue": [_work(one) for one in board.overdue],
        "stops": [_stop(stop) for stop in board.stops],
    }


def _queue(queue: BoardQueue, at: datetime) -> dict[str, object]:
    facts, flow, outlook = queue.facts, queue.flow, queue.forecast
    return {
        "key": facts.key,
        "name": facts.name,
        "workflow": {"key": facts.workflow_key, "name": facts.workflow_name},
        "is_paused": facts.is_paused,
        "depth": facts.depth,
        "overdue": facts.overdue,
        "due_soon": facts.due_soon,
        "oldest_at": facts.oldest_at,
        "leased": facts.leased,
        "arrivals": flow.arrivals,
        "completions": flow.completions,
        "balance": flow.balance,
        "arrived": flow.arrived,
        "decided": flow.decided,
        "present": queue.present,
        "forecast": {
            "outlook": outlook.outlook.value,
            "clear_at": None if outlook.hours is None else at + timedelta(hours=outlook.hours),
            "people": outlook.people,
            "needed": outlook.needed,
        },
    }


def _person(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "decided_today": person.decided,
        "decided_last_hour": person.last_hour,
        "median_active_ms": person.median_active_ms,
        "last_at": person.last_at,
        "overturn_shown": _rate(person.overturn_shown),
        "overturn_blind": _rate(person.overturn_blind),
        "holds": person.holds,
    }


def _rate(rate: Rate) -> dict[str, int]:
    return {"k": rate.k, "n": rate.n}


def _work(work: Work) -> dict[str, object]:
    return {
        "review": work.id,
        "item": work.item_id,
        "external_id": work.external_id,
        "queue": {"key": work.queue_key, "name": work.queue_name},
        "due_at": work.due_at,
        "person": work.person,
        "person_name": work.person_name,
        "since": work.since,
        "lease_until": work.lease_until,
    }


def _stop(stop: WorkflowStop) -> dict[str, object]:
    return {
        "workflow": {"key": stop.key, "name": stop.name},
        "since": stop.since,
        "reason": stop.reason,
        "latency_s": stop.latency_s,
        "held": stop.held,
    }

"""Items that were given up: listed, given to the model again, or given to people."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.errors import FieldsInvalidError
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from governance.selectors.scope import enter_workspace
from review.api import dead_shapes as shapes
from review.domain.states import ItemState
from review.selectors.dead_letters import DeadGroup, DeadItem, dead_groups, dead_items
from review.services.dead_letters import (
    Emptied,
    replay_all,
    replay_item,
    send_all_to_people,
    send_to_people,
)
from routing.selectors.workflows import access_workflow

_FILTERS = [
    OpenApiParameter("workflow", str, description="The workflow's key."),
    OpenApiParameter("failure", str, description="What they failed of."),
    OpenApiParameter("before", UUID, description="`next_before` of the page before this one."),
]


class DeadLetters(ApiView):
    """Items that were given up."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.LEAD_QUEUES}

    @extend_schema(
        operation_id="list_dead_letters",
        tags=["dead letters"],
        parameters=_FILTERS,
        responses={200: shapes.DeadLettersShape} | REFUSALS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return dead items, newest first, and how many there are by workflow and failure."""
        asked = {name: request.query_params.get(name, "") for name in ("workflow", "failure", "before")}
        if any("\x00" in text for text in asked.values()):
            raise _refused("workflow", "A filter holds the character U+0000.")
        page = dead_items(
            workflow_key=asked["workflow"] or None,
            failure=asked["failure"] or None,
            before=_uuid(asked["before"]),
        )
        answer = {"items": [_item(item) for item in page.items], "next_before": page.next_before}
        return json_response(answer | {"groups": [_group(group) for group in dead_groups(asked["workflow"] or None)]})


class Replay(ApiView):
    """One item, given to the model again."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.LEAD_QUEUES}

    @extend_schema(
        operation_id="replay_item",
        tags=["dead letters"],
        request=None,
        responses={200: shapes.DealtWithShape} | REFUSALS,
    )
    def post(self, _request: Request, item_id: UUID) -> HttpResponse:
        """Give a dead item to the model again, with as many attempts as a new one; 409 where it is not dead."""
        replay_item(actor=self.actor, item_id=item_id)
        return json_response({"id": item_id, "state": ItemState.RECEIVED.value})


class ToPeople(ApiView):
    """One item, given to people."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.LEAD_QUEUES}

    @extend_schema(
        operation_id="send_item_to_people",
        tags=["dead letters"],
        request=None,
        responses={200: shapes.DealtWithShape} | REFUSALS,
    )
    def post(self, _request: Request, item_id: UUID) -> HttpResponse:
        """Give a dead item to people, without a suggestion; 409 where it is not dead."""
        send_to_people(actor=self.actor, item_id=item_id)
        return json_response({"id": item_id, "state": ItemState.IN_REVIEW.value})


class _All(ApiView):
    """Every dead item of a workflow, batch by batch, each in a transaction of its own."""

    move: ClassVar[Callable[..., Emptied]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who calls, in a transaction that ends before the first batch."""
        with transaction.atomic():
            super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refusal; what DRF marks to be rolled back is this transaction and no other."""
        with transaction.atomic():
            return super().handle_exception(exc)

    def moved(self, request: Request) -> HttpResponse:
        """Move those that the body names, as many as there is time for."""
        body = Body(request.data, known={"workflow", "failure"})
        workflow_key = body.text("workflow", most=63, is_required=True)
        failure = body.text("failure", most=32)
        body.close()
        with transaction.atomic():
            enter_workspace(self.actor.workspace_id)
            workflow = access_workflow(workflow_key)
        emptied = type(self).move(actor=self.actor, workflow=workflow, failure=failure or None)
        return json_response(asdict(emptied))


class ReplayAll(_All):
    """Every dead item of a workflow, given to the model again."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.LEAD_QUEUES}
    move = staticmethod(replay_all)

    @extend_schema(
        operation_id="replay_dead_letters",
        tags=["dead letters"],
        request=shapes.WhichDeadShape,
        responses={200: shapes.EmptiedShape} | REFUSALS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Give a workflow's dead items to the model again: all, or those of one failure."""
        return self.moved(request)


class AllToPeople(_All):
    """Every dead item of a workflow, given to people."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.LEAD_QUEUES}
    move = staticmethod(send_all_to_people)

    @extend_schema(
        operation_id="send_dead_letters_to_people",
        tags=["dead letters"],
        request=shapes.WhichDeadShape,
        responses={200: shapes.EmptiedShape} | REFUSALS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Give a workflow's dead items to people: all, or those of one failure."""
        return self.moved(request)


def _item(item: DeadItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "external_id": item.external_id,
        "workflow": {"key": item.workflow_key, "name": item.workflow_name},
        "failure": item.failure,
        "last_error": item.last_error,
        "attempts": item.attempts,
        "received_at": item.occurred_at,
        "died_at": item.died_at,
    }


def _group(group: DeadGroup) -> dict[str, Any]:
    return {
        "workflow": {"key": group.workflow_key, "name": group.workflow_name},
        "failure": group.failure,
        "items": group.items,
        "oldest_at": group.oldest_at,
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise _refused("before", "An item's id is expected.") from None


def _refused(parameter: str, message: str) -> FieldsInvalidError:
    return FieldsInvalidError(
        detail=f"{parameter}: {message}",
        extra={"errors": [{"parameter": parameter, "code": "invalid", "message": message}]},
    )

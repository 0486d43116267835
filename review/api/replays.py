"""The time machine: a draft policy over past items, what it comes to, and which items go another way."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from governance.api.answers import json_response
from governance.api.body import Body
from governance.api.errors import FieldsInvalidError
from governance.api.idempotent import IDEMPOTENCY_KEY, idempotently
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability
from review.api import replay_shapes as shapes
from review.selectors.flips import ANSWERS, MOST_PER_PAGE, USUAL_PER_PAGE, Flip, FlipQuery, find_flips
from routing.domain.columns import DISPOSITIONS
from routing.selectors.replays import ReplayFacts, access_replay, replays_of
from routing.selectors.workflows import WorkflowFacts, access_workflow
from routing.services.replay import Draft, start_replay

_MEMBERS = {"body", "policy_version", "base", "from", "until"}
_TO = {"auto": DISPOSITIONS[0], "people": DISPOSITIONS[1], "escalate": DISPOSITIONS[2]}
_ACTIVE, _HISTORY = "active", "history"
_MOST_PLACE = 2**31
_MOST_TEXT = 256
FILTERS = [
    OpenApiParameter("to", str, enum=list(_TO), description="Where the draft sends them."),
    OpenApiParameter("label", str, description="The model's label; - for items without one."),
    OpenApiParameter("segment", str, description="The segment; empty for items without one."),
    OpenApiParameter("answer", str, enum=list(ANSWERS), description="What people said, beside the model's label."),
    OpenApiParameter("external_id", str, description="One item."),
]


class WorkflowReplays(ApiView):
    """A workflow's replays."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS, "POST": Capability.CONFIGURE}

    @extend_schema(operation_id="list_replays", tags=["replays"], responses={200: shapes.ReplaysShape} | REFUSALS)
    def get(self, _request: Request, workflow_key: str) -> HttpResponse:
        """Return the replays, the newest first, 50 at most; without what they found."""
        found = replays_of(access_workflow(workflow_key).id)
        return json_response({"replays": [_head(replay) for replay in found]})

    @extend_schema(
        operation_id="start_replay",
        tags=["replays"],
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.NewReplayShape,
        responses={202: shapes.ReplayHeadShape} | REFUSALS,
    )
    def post(self, request: Request, workflow_key: str) -> HttpResponse:
        """Replay a policy, or a version that there is, over the items routed in a period; poll the answer's id for what it found."""
        workflow = access_workflow(workflow_key)
        asked = _asked(request)
        return idempotently(request, self.actor, lambda: self._start(workflow, asked))

    def _start(self, workflow: WorkflowFacts, asked: dict[str, Any]) -> HttpResponse:
        base = asked["base"]
        base_id = workflow.policy_version_id if base == _ACTIVE else None if base == _HISTORY else base
        replay_id = start_replay(
            actor=self.actor,
            workflow=workflow,
            draft=Draft(body=asked["body"], version_id=asked["version"]),
            base_id=base_id,
            since=asked["since"],
            until=asked["until"],
        )
        return json_response(_head(access_replay(replay_id)), status=HTTPStatus.ACCEPTED)


class ReplayView(ApiView):
    """One replay."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(operation_id="see_replay", tags=["replays"], responses={200: shapes.ReplayShape} | REFUSALS)
    def get(self, _request: Request, replay_id: UUID) -> HttpResponse:
        """Return how far it is, and what it found once it is done."""
        replay = access_replay(replay_id)
        return json_response(_head(replay) | {"body": replay.body, "result": replay.result or None})


class ReplayFlips(ApiView):
    """The items that go another way."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_WORKFLOWS}

    @extend_schema(
        operation_id="list_flips",
        tags=["replays"],
        parameters=[
            *FILTERS,
            OpenApiParameter("after", int, description="The `next` of the page before."),
            OpenApiParameter(
                "count", int, description=f"At most {MOST_PER_PAGE}; {USUAL_PER_PAGE}, if it is not said."
            ),
        ],
        responses={200: shapes.FlipsShape} | REFUSALS,
    )
    def get(self, request: Request, replay_id: UUID) -> HttpResponse:
        """Return a page of them, the newest first.

        Items that the caller may yet be asked about without suggestion are left out.
        """
        query = flip_query(request)
        page = find_flips(self.actor, access_replay(replay_id), query)
        answer = {"count": page.found, "flips": [flip_members(one) for one in page.flips], "next": page.next_after}
        return json_response(answer)


def _asked(request: Request) -> dict[str, Any]:
    body = Body(request.data, known=_MEMBERS)
    if body.has("body") == body.has("policy_version"):
        body.refuse("", "choice", "Either body or policy_version is expected.")
    version = body.id_or_null("policy_version") if body.has("policy_version") else None
    if body.has("policy_version") and version is None and not body.errors:
        body.refuse("/policy_version", "required", "An id is expected.")
    draft = body.members("body") if body.has("body") else None
    since, until = body.time("from"), body.time("until")
    asked = {"body": draft, "version": version, "base": _base(body), "since": since, "until": until}
    body.close()
    return asked


def _base(body: Body) -> str | UUID | None:
    """Return what the draft is held against: `active`, `history` or a version's id."""
    base = body.any("base") if body.has("base") else _ACTIVE
    if isinstance(base, str) and base in {_ACTIVE, _HISTORY}:
        return base
    try:
        return UUID(base)
    except (ValueError, AttributeError, TypeError):
        body.refuse("/base", "format", "active, history or the id of a policy version is expected.")
        return None


def flip_query(request: Request) -> FlipQuery:
    """Return which items the address asks for."""
    asked = request.query_params
    errors: list[dict[str, str]] = []
    to = _choice(asked.get("to"), "to", list(_TO), errors)
    answer = _choice(asked.get("answer"), "answer", list(ANSWERS), errors)
    after = _whole(asked.get("after"), "after", 0, _MOST_PLACE, 0, errors)
    count = _whole(asked.get("count"), "count", 1, MOST_PER_PAGE, USUAL_PER_PAGE, errors)
    texts = {name: asked.get(name) for name in ("label", "segment", "external_id")}
    errors += [
        {"parameter": name, "code": "length", "message": f"At most {_MOST_TEXT} printable characters are taken."}
        for name, text in texts.items()
        if text is not None and (len(text) > _MOST_TEXT or not text.isprintable())
    ]
    if errors:
        raise FieldsInvalidError(detail=f"{errors[0]['parameter']}: {errors[0]['message']}", extra={"errors": errors})
    return FlipQuery(to=_TO[to] if to else None, answer=answer, after=after, count=count, **texts)


def _choice(text: str | None, name: str, choices: list[str], errors: list[dict[str, str]]) -> str | None:
    if text is not None and text not in choices:
        errors.append({"parameter": name, "code": "choice", "message": f"It is one of {', '.join(choices)}."})
        return None
    return text


def _whole(text: str | None, name: str, least: int, most: int, usual: int, errors: list[dict[str, str]]) -> int:
    if text is None:
        return usual
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)) or not least <= int(text) <= most:
        message = f"A whole number from {least} to {most} is expected."
        errors.append({"parameter": name, "code": "range", "message": message})
        return usual
    return int(text)


def _head(replay: ReplayFacts) -> dict[str, Any]:
    base = None
    if replay.base_version_id is not None:
        base = {"id": replay.base_version_id, "policy": replay.base_policy, "number": replay.base_number}
    return {
        "id": replay.id,
        "workflow": replay.workflow_key,
        "state": replay.state,
        "total": replay.total,
        "replayed": replay.replayed,
        "problem": _(replay.problem) if replay.problem else "",
        "from": replay.from_at,
        "until": replay.until_at,
        "base": base,
        "requested_by": {"pseudonym": replay.requested_by_id, "name": replay.requested_by},
        "requested_at": replay.requested_at,
        "finished_at": replay.finished_at,
    }


def flip_members(flip: Flip) -> dict[str, Any]:
    """Return an item that goes another way as JSON."""
    names = {disposition: name for name, disposition in _TO.items()}
    return {
        "item": {"id": flip.item_id, "external_id": flip.external_id},
        "occurred_at": flip.occurred_at,
        "label": flip.label,
        "confidence": flip.confidence,
        "value": flip.value,
        "segment": flip.segment,
        "from": names[flip.came_from],
        "to": names[flip.goes_to],
        "said": flip.said,
        "answer": flip.answer,
    }

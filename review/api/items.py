"""Items: taken in, found, seen, taken back."""

import json
from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from governance import throttles
from governance.api.answers import json_response
from governance.api.errors import FieldsInvalidError
from governance.api.idempotent import IDEMPOTENCY_KEY, REPLAYED, idempotently
from governance.api.parsers import JsonBytesParser, LinesParser
from governance.api.problems import problem_of
from governance.api.shapes import REFUSALS
from governance.api.views import ApiView
from governance.domain import Capability, ConflictError, NotFoundError, ProductError
from review.api import item_shapes as shapes
from review.api import shown_item, waiting
from review.api.submissions import Line, lines_of, submission_of
from review.api.waiting import SLACK_S, WAIT, Waiting, wait_of
from review.domain.states import ItemState
from review.selectors.item_detail import access_item, access_trail, is_withheld_from
from review.selectors.item_search import MOST_PER_PAGE, ItemQuery, find_items
from review.services.expect import expect_outcome
from review.services.intake import Receipt, Submission, receive_items
from review.services.withdraw import withdraw_item
from routing.selectors.workflows import access_workflow

PAGE = 50


class WorkflowItems(ApiView):
    """Items for one workflow."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.SEND_ITEMS}
    spends_later = True

    @extend_schema(
        operation_id="send_item",
        tags=["items"],
        parameters=[IDEMPOTENCY_KEY, WAIT],
        request=shapes.SubmissionShape,
        responses={201: shapes.AnsweredShape, 200: shapes.AnsweredShape, 202: shapes.PendingShape} | REFUSALS,
    )
    def post(self, request: Request, workflow_key: str) -> HttpResponse:
        """Take one item in: 201 once it is stored, 200 where the same one is there already.

        With `wait` the answer comes when the item is final, with all that `see_item` shows of it, or as 202 when time has
        run out: the item is stored then, and waiting can go on at its own address.
        """
        try:
            data, wait_s = request.data, wait_of(request)
            response = idempotently(
                request,
                self.actor,
                lambda: self._receive(workflow_key, submission_of(data), wait_s),
                beside=("wait",),
            )
        finally:
            self.spend()
        return response if wait_s is None else self._waited(response, wait_s)

    def _receive(self, workflow_key: str, submission: Submission, wait_s: float | None) -> HttpResponse:
        workflow = access_workflow(workflow_key)
        self.spend(throttles.of_items(workflow.id.hex, per_s=workflow.items_per_s, items=1))
        (receipt,) = receive_items(
            actor=self.actor,
            workflow=workflow,
            submissions=[submission],
            wait_s=None if wait_s is None else wait_s + SLACK_S,
        )
        if receipt.refusal is not None:
            return problem_of(receipt.refusal)
        answer = {"id": receipt.item_id, "external_id": receipt.external_id, "is_new": receipt.is_new}
        return json_response(answer, status=HTTPStatus.CREATED if receipt.is_new else HTTPStatus.OK)

    def _waited(self, response: HttpResponse, wait_s: float) -> HttpResponse:
        """Return what a caller gets who waits for the item of that receipt."""
        if response.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED):
            return response
        receipt = json.loads(response.content)
        wanted = Waiting(UUID(receipt["id"]), wait_s, receipt["is_new"])
        if receipt["is_new"] and REPLAYED not in response:
            return waiting.pending(wanted, external_id=receipt["external_id"])
        try:
            expect_outcome(actor=self.actor, item_id=wanted.item_id, wait_s=wait_s + SLACK_S)
            answer = waiting.answer(access_item(self.actor, wanted.item_id), wanted)
        except NotFoundError:  # a receipt may be kept longer than its item
            return response
        if REPLAYED in response:
            answer[REPLAYED] = response[REPLAYED]
        return answer


class WorkflowBatch(ApiView):
    """Many items for one workflow."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.SEND_ITEMS}
    spends_later = True
    parser_classes = (LinesParser, JsonBytesParser)

    @property
    def max_bytes(self) -> int:
        """Return how large a batch may be."""
        return int(settings.AIOS_BATCH_BYTES)

    @extend_schema(
        operation_id="send_batch",
        tags=["items"],
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.SubmissionShape(many=True),
        responses={200: shapes.BatchShape} | REFUSALS,
    )
    def post(self, request: Request, workflow_key: str) -> HttpResponse:
        """Take in up to 10,000 items as NDJSON or as a JSON array: valid lines are stored, the others are reported."""
        try:
            raw = request.data if isinstance(request.data, bytes) else b""
            return idempotently(request, self.actor, lambda: self._receive(workflow_key, raw))
        finally:
            self.spend()

    def _receive(self, workflow_key: str, raw: bytes) -> HttpResponse:
        workflow = access_workflow(workflow_key)
        lines = lines_of(raw, max_bytes=self.max_bytes, max_items=settings.AIOS_BATCH_ITEMS)
        good = [line for line in lines if line.submission is not None]
        submissions = [line.submission for line in good if line.submission is not None]
        self.spend(throttles.of_items(workflow.id.hex, per_s=workflow.items_per_s, items=len(submissions)))
        receipts = receive_items(actor=self.actor, workflow=workflow, submissions=submissions)
        return json_response(
            _report(lines, {line.number: receipt for line, receipt in zip(good, receipts, strict=True)})
        )


def _report(lines: list[Line], receipts: dict[int, Receipt]) -> dict[str, object]:
    """Return the batch's answer; `ids` has one entry for every line that held something, null where it was refused."""
    accepted = existing = 0
    ids: list[str | None] = []
    rejected = []
    for line in lines:
        receipt = receipts.get(line.number)
        refusal = line.refusal if receipt is None else receipt.refusal
        if refusal is not None:
            rejected.append(_rejection(line.number, receipt, refusal))
            ids.append(None)
            continue
        assert receipt is not None  # noqa: S101 - a line has a refusal or a receipt
        accepted += receipt.is_new
        existing += not receipt.is_new
        ids.append(str(receipt.item_id))
    return {"accepted": accepted, "existing": existing, "rejected": rejected, "ids": ids}


def _rejection(number: int, receipt: Receipt | None, refusal: ProductError) -> dict[str, object]:
    told: dict[str, object] = {"line": number, "code": refusal.code, "detail": str(refusal)}
    if receipt is not None:
        told["external_id"] = receipt.external_id
    return told | {name: refusal.extra[name] for name in ("errors", "item", "reason") if name in refusal.extra}


_FILTERS = [
    OpenApiParameter("external_id", str, description="The sender's own id."),
    OpenApiParameter("state", str, enum=[state.value for state in ItemState]),
    OpenApiParameter("label", str, description="The label of the outcome."),
    OpenApiParameter("workflow", str, description="The workflow's key."),
    OpenApiParameter("q", str, description="Words of the payload."),
    OpenApiParameter("before", UUID, description="`next_before` of the page before this one."),
    OpenApiParameter("limit", int, description=f"1 to {MOST_PER_PAGE}, else {PAGE}."),
]


class ItemList(ApiView):
    """The workspace's items."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_ITEMS}

    @extend_schema(
        operation_id="find_items",
        tags=["items"],
        parameters=_FILTERS,
        responses={200: shapes.ItemPageShape} | REFUSALS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return items, newest first; what a blind review keeps back from the caller is null."""
        page = find_items(self.actor, _query(request))
        return json_response({"items": [shown_item.line(item) for item in page.items], "next_before": page.next_before})


class ItemView(ApiView):
    """One item."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_ITEMS}

    def spend(self, beside: throttles.Spending | None = None) -> None:
        """Count the request, but not the look that ends a wait: it was counted when it began."""
        if waiting.resumed(self.request) is None:
            super().spend(beside)

    @extend_schema(
        operation_id="see_item",
        tags=["items"],
        parameters=[WAIT],
        responses={200: shapes.ItemShape} | REFUSALS,
    )
    def get(self, request: Request, item_id: UUID) -> HttpResponse:
        """Return the item with prediction, reviews, outcome and what is to leave of it.

        With `wait` the answer comes when the item is final, or shows it as it is when time has run out.
        """
        wanted = waiting.resumed(request)
        wait_s = wait_of(request)
        if wanted is None and wait_s is not None:
            expect_outcome(actor=self.actor, item_id=item_id, wait_s=wait_s + SLACK_S)
            wanted = Waiting(item_id, wait_s)
        item = access_item(self.actor, item_id)
        return json_response(shown_item.detail(item)) if wanted is None else waiting.answer(item, wanted)


class ItemTrail(ApiView):
    """One item's audit trail."""

    required: ClassVar[dict[str, Capability]] = {"GET": Capability.SEE_ITEMS}

    @extend_schema(
        operation_id="see_trail",
        tags=["items"],
        parameters=[OpenApiParameter("after", int, description="Events behind this sequence number.")],
        responses={200: shapes.TrailShape} | REFUSALS,
    )
    def get(self, request: Request, item_id: UUID) -> HttpResponse:
        """Return the item's events, oldest first; none while a blind review keeps them back from the caller."""
        events = access_trail(self.actor, item_id, after=_number(request, "after", default=0, most=2**63 - 1))
        told = [shown_item.event(event) for event in events or []]
        return json_response({"withheld": events is None, "events": told})


class Withdraw(ApiView):
    """An item that is taken back."""

    required: ClassVar[dict[str, Capability]] = {"POST": Capability.SEND_ITEMS}

    @extend_schema(
        operation_id="withdraw_item",
        tags=["items"],
        request=None,
        responses={200: shapes.WithdrawnShape} | REFUSALS,
    )
    def post(self, _request: Request, item_id: UUID) -> HttpResponse:
        """Withdraw the item before its outcome has left; 409 afterwards."""
        if is_withheld_from(self.actor, item_id):
            raise ConflictError(
                detail=_("You may be asked about this item: let somebody withdraw it who does not review it.")
            )
        withdraw_item(actor=self.actor, item_id=item_id)
        return json_response({"id": item_id, "state": ItemState.WITHDRAWN.value})


def _query(request: Request) -> ItemQuery:
    texts = {
        name: request.query_params.get(name, "")
        for name in ("external_id", "state", "label", "workflow", "q", "before")
    }
    if any("\x00" in text for text in texts.values()):
        raise _refused("q", "A filter holds the character U+0000.")
    if texts["state"] and texts["state"] not in set(ItemState):
        raise _refused("state", f"One of {', '.join(ItemState)} is expected.")
    return ItemQuery(
        external_id=texts["external_id"] or None,
        state=texts["state"] or None,
        label=texts["label"] or None,
        workflow=texts["workflow"] or None,
        words=texts["q"].strip()[:200] or None,
        before=_uuid("before", texts["before"]),
        count=_number(request, "limit", default=PAGE, least=1, most=MOST_PER_PAGE),
    )


def _uuid(name: str, text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise _refused(name, "An item's id is expected.") from None


def _number(request: Request, name: str, *, default: int, least: int = 0, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and least <= int(text[:20]) <= most):
        raise _refused(name, f"A whole number from {least} to {most} is expected.")
    return int(text)


def _refused(parameter: str, message: str) -> FieldsInvalidError:
    return FieldsInvalidError(
        detail=f"{parameter}: {message}",
        extra={"errors": [{"parameter": parameter, "code": "invalid", "message": message}]},
    )

"""Workers as tests need them: with a model that answers as told, at work, or dead in the middle of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from governance.domain import system_actor
from governance.models import AuditEvent
from governance.selectors.workspaces import draw_key
from review.models import Item
from review.services import received
from review.services.finish import finish_batch
from review.services.intake import Submission, receive_items
from review.services.pipeline import routing_input
from routing.domain.policy import parse_policy
from routing.domain.predictions import PredictionResult
from routing.models import BackendKind, ModelVersion, Prediction
from routing.selectors.workflows import access_workflow
from routing.services import predict
from routing.services.router import Router
from tests.conftest import House

Answers = Callable[[Sequence[Any]], list[PredictionResult]]
SURE = PredictionResult(label="billing", confidence=0.99, top=(("billing", 0.99),))


def run_locally(house: House, monkeypatch: pytest.MonkeyPatch, answers: Answers | None = None, **row: Any) -> None:
    """Let the workflow call a local model; `answers` stands in for what its file would say."""
    fields = {"backend": BackendKind.LOCAL, "file": "models/none.skops", "sha256": "0" * 64} | row
    ModelVersion.objects.filter(id=house.workflow.model_version_id).update(**fields)
    if answers is None:
        return

    monkeypatch.setattr(predict, "_backend", lambda _workflow: SimpleNamespace(predict=answers))


def receive(house: House, *texts: str, **facts: Any) -> list[UUID]:
    """Take items in without predictions, as for a model that the product calls."""
    receipts = receive_items(
        actor=house.actor(house.integrator),
        workflow=access_workflow(house.workflow.key),
        submissions=[Submission(f"y-{number}", {"text": text}, **facts) for number, text in enumerate(texts)],
    )
    return [receipt.item_id for receipt in receipts if receipt.item_id]


def states(house: House) -> Counter[str]:
    return Counter(Item.objects.filter(workflow=house.workflow).values_list("state", flat=True))


def trail(item_id: UUID) -> list[str]:
    return list(AuditEvent.objects.filter(stream_id=item_id).order_by("stream_seq").values_list("action", flat=True))


def failures() -> set[str]:
    return set(Prediction.objects.values_list("failure", flat=True))


def fails_with(error: Exception) -> Answers:
    def answer(_payloads: Sequence[Any]) -> list[PredictionResult]:
        raise error

    return answer


def come_due(*ids: UUID) -> None:
    Item.objects.filter(id__in=ids).update(available_at=timezone.now() - timedelta(hours=1))


def delay_s(item_id: UUID) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM available_at - now())::float8 FROM review_item WHERE id = %s", [item_id]
        )
        return float(cursor.fetchone()[0])


def claimed(house: House) -> dict[UUID, dict[str, Any]]:
    """Claim as a worker does which then dies, and return its rows."""
    return received.claim_received(workflow_id=house.workflow.id, is_demo=False, lease_s=40)


def finish(house: House, rows: dict[UUID, dict[str, Any]]) -> None:
    """Finish as the worker that claimed the rows would have."""

    workflow = access_workflow(house.workflow.key)
    labels = ("billing", "delivery", "other")
    router = Router(
        workflow=workflow,
        policy=parse_policy(workflow.policy_body),
        labels=labels,
        draw_key=draw_key().secret,
        restrictions=[],
    )
    routed = router.route(
        predict.predict_items(workflow=workflow, labels=labels, items=[routing_input(row) for row in rows.values()])
    )
    finish_batch(actor=system_actor(house.workspace.id), workflow=workflow, rows=rows, routed=routed, router=router)


def kill(*ids: UUID) -> None:
    Item.objects.filter(id__in=ids).update(lease_until=timezone.now() - timedelta(hours=1))

"""Celery tasks: wake-ups that call one service each."""

from uuid import UUID

from celery import shared_task

from governance import wakeups
from review.services import forgetting
from review.services.intake import PREDICT_TASK
from review.services.pipeline import process_received


@shared_task(name=PREDICT_TASK)
def predict_items(workspace_id: str, workflow_id: str) -> None:
    """Predict and route what a workflow has received."""
    wakeups.accept(PREDICT_TASK, workspace_id=workspace_id, workflow_id=workflow_id)
    process_received(workspace_id=UUID(workspace_id), workflow_id=UUID(workflow_id))


@shared_task(name="review.tasks.forget_drafts")
def forget_drafts() -> None:
    """Let go of drafts that nobody came back to."""
    forgetting.forget_drafts()

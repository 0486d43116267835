"""Celery tasks of governance."""

from celery import shared_task

from governance.services import forgetting
from governance.services.canary import CANARY_TASK, note_canary


@shared_task(name="governance.tasks.forget_expired")
def forget_expired() -> None:
    """Let go of what is past its time."""
    forgetting.forget_expired()


@shared_task(name=CANARY_TASK)
def canary() -> None:
    """Show that broker and worker work."""
    note_canary()

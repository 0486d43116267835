"""Celery tasks of governance."""

from celery import shared_task

from governance.services import forgetting


@shared_task(name="governance.tasks.forget_expired")
def forget_expired() -> None:
    """Let go of what is past its time."""
    forgetting.forget_expired()

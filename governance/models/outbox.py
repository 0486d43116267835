"""What is to leave the product, and what callers already got an answer to."""

from typing import ClassVar

from django.db import models

from governance.domain import uuid7
from governance.models.workspaces import Workspace


class OutboxMessage(models.Model):
    """One event for the outside, written with the change it tells of; leaves when due, at least once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    type = models.CharField(max_length=64)
    stream_kind = models.CharField(max_length=32)
    stream_id = models.UUIDField()
    dedupe_key = models.CharField(max_length=120)
    data = models.JSONField()
    due_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    # Set for a test ping alone: it goes to this endpoint and to nobody else, and is no part of the feed.
    endpoint_id = models.UUIDField(null=True)
    published_seq = models.BigIntegerField(null=True)
    published_at = models.DateTimeField(null=True)
    # The bytes that leave, written once when published: every attempt and the feed send the same.
    body = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "dedupe_key"], name="one_outbox_row_per_dedupe_key"),
            models.CheckConstraint(
                condition=models.Q(published_seq__isnull=True, published_at__isnull=True, body__isnull=True)
                | models.Q(published_seq__isnull=False, published_at__isnull=False, body__isnull=False),
                name="published_means_numbered_and_written",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(published_seq__isnull=True),
                name="outbox_unpublished",
            ),
            models.Index(fields=["stream_id"], name="outbox_stream"),
            models.Index(
                fields=["workspace", "published_seq"],
                condition=models.Q(published_seq__isnull=False),
                name="outbox_published",
            ),
            models.Index(
                fields=["published_at"],
                condition=models.Q(published_seq__isnull=False),
                name="outbox_age",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.stream_id}"


class IdempotencyRecord(models.Model):
    """The answer that a caller's Idempotency-Key got, kept for 24 hours."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False)
    caller = models.UUIDField()
    key = models.CharField(max_length=200)
    request_hash = models.BinaryField()
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "caller", "key"], name="one_answer_per_idempotency_key"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return self.key

"""The audit trail: append-only headers, payloads out of line, and the counters that make streams gapless.

The tables are made in SQL (partitions, triggers); Django reads them.
"""

from typing import ClassVar

from django.db import models

from governance.models.workspaces import Workspace


class AuditStream(models.Model):
    """The counter of one thing's events; items carry their own counter on their row."""

    pk = models.CompositePrimaryKey("workspace_id", "kind", "stream_id")
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    kind = models.CharField(max_length=32)
    stream_id = models.UUIDField()
    last_seq = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.stream_id}"


class AuditEvent(models.Model):
    """The header of one event; never changes, and says nothing of its content but the commitment."""

    id = models.BigIntegerField(primary_key=True)
    xid = models.BigIntegerField()
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False)
    stream_kind = models.CharField(max_length=32)
    stream_id = models.UUIDField()
    stream_seq = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    occurred_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_pseudonym = models.UUIDField()
    action = models.CharField(max_length=64)
    schema_version = models.PositiveSmallIntegerField()
    correlation_id = models.UUIDField(null=True)
    commitment = models.BinaryField()
    mac = models.BinaryField(null=True)

    class Meta:
        managed = False
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.action} #{self.stream_seq} of {self.stream_kind} {self.stream_id}"


class AuditPayload(models.Model):
    """What an event says: canonical JSON under a salt, so that the header can outlive it."""

    event_id = models.BigIntegerField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False)
    subject_id = models.UUIDField(null=True)
    key_version = models.PositiveSmallIntegerField(null=True)
    salt = models.BinaryField()
    body = models.BinaryField()

    class Meta:
        managed = False

    def __str__(self) -> str:
        return f"payload of {self.event_id}"

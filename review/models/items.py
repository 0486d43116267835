"""Items and what they carry."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from review.domain.states import ItemState

ITEM_STATES = [
    (ItemState.RECEIVED.value, _("Received")),
    (ItemState.PREDICTING.value, _("With the model")),
    (ItemState.IN_REVIEW.value, _("With people")),
    (ItemState.HELD.value, _("Decided, undo possible")),
    (ItemState.RESOLVED.value, _("Resolved")),
    (ItemState.WITHDRAWN.value, _("Withdrawn")),
    (ItemState.DEAD.value, _("Failed")),
]


class Item(models.Model):
    """One unit of work: its state and what routing and queues need of it; the content is in its payload row.

    The foreign key to the workspace has no constraint: every insert would lock that one row. Row-level
    security holds `workspace_id` to the workspace that the transaction entered.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    workflow = models.ForeignKey("routing.Workflow", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    contract = models.ForeignKey("routing.Contract", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    external_id = models.CharField(max_length=200)
    subject = models.CharField(max_length=200, blank=True)
    segment = models.CharField(max_length=63, blank=True)
    value = models.FloatField(null=True)
    priority = models.SmallIntegerField(default=0)
    flags = ArrayField(models.CharField(max_length=32), default=list)
    state = models.CharField(max_length=16, choices=ITEM_STATES, default=ItemState.RECEIVED.value)
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField(db_default=Now())
    # Somebody waits for the outcome until then: what resolves the item before tells the web processes.
    waited_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    # Of the attempts those that do not count against the workflow's limit: made before a replay, or lost with their worker.
    attempts_forgiven = models.PositiveSmallIntegerField(db_default=0)
    # How often in a row a worker stopped with the item in its hands.
    losses = models.PositiveSmallIntegerField(db_default=0)
    # Why and since when the item is dead; empty in every other state.
    failure = models.CharField(max_length=32, blank=True, db_default="")
    died_at = models.DateTimeField(null=True)
    event_count = models.BigIntegerField(default=0)
    outcome = models.ForeignKey(
        "review.Outcome",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    occurred_at = models.DateTimeField(db_default=Now())
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workflow", "external_id"], name="external_id_unique_in_workflow"),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in ItemState]),
                name="item_state_is_known",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "id"], name="item_newest"),
            models.Index(
                fields=["workflow", "available_at", "id"],
                condition=models.Q(state="received"),
                name="item_received",
            ),
            models.Index(fields=["available_at"], condition=models.Q(state="held"), name="item_held"),
            models.Index(fields=["lease_until"], condition=models.Q(state="predicting"), name="item_predicting"),
            models.Index(fields=["workflow", "id"], condition=models.Q(state="dead"), name="item_dead"),
            models.Index(fields=["workspace", "id"], condition=models.Q(state="dead"), name="item_dead_newest"),
            models.Index(
                fields=["workspace", "workflow", "failure", "died_at"],
                condition=models.Q(state="dead"),
                name="item_dead_reasons",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class ItemPayload(models.Model):
    """An item's content; a row of its own, so that state changes do not rewrite it and erasure is one delete."""

    item = models.OneToOneField(
        Item,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="payload",
    )
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    body = models.JSONField()
    sha256 = models.BinaryField()
    predictions = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"payload of {self.item_id}"


class ItemSearch(models.Model):
    """The words of an item's payload; read through a function that takes the workspace, never directly."""

    item = models.OneToOneField(Item, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)

    def __str__(self) -> str:
        return f"words of {self.item_id}"


class Attachment(models.Model):
    """A stored file that payloads refer to by its hash."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    file = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "sha256"], name="attachment_stored_once"),
        ]

    def __str__(self) -> str:
        return self.name or self.sha256

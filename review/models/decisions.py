"""What people answered, and what became of it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from review.domain.states import DecisionAction, OutcomeSource
from review.models.items import Item
from review.models.queues import Review

DECISION_ACTIONS = [
    (DecisionAction.ACCEPT.value, _("Accepted")),
    (DecisionAction.CORRECT.value, _("Corrected")),
    (DecisionAction.REJECT.value, _("Rejected")),
]
OUTCOME_SOURCES = [
    (OutcomeSource.AUTO.value, _("Automatic")),
    (OutcomeSource.HUMAN.value, _("A person")),
    (OutcomeSource.AMENDED.value, _("Amended")),
]


class Decision(models.Model):
    """A reviewer's answer under one fence; never edited. It is effective while its review points at it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    review = models.ForeignKey(
        Review,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="decisions",
    )
    item = models.ForeignKey(Item, on_delete=models.DO_NOTHING, db_constraint=False, related_name="decisions")
    fence = models.BigIntegerField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="decisions",
    )
    reviewer_pseudonym = models.UUIDField()
    action = models.CharField(max_length=16, choices=DECISION_ACTIONS)
    label = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null: no label applies
    fields = models.JSONField(default=dict)
    reason_code = models.CharField(max_length=63, blank=True)
    note = models.TextField(blank=True)
    active_ms = models.PositiveIntegerField()
    suggestion_shown = models.BooleanField()
    body_sha256 = models.BinaryField()
    supersedes = models.UUIDField(null=True)
    occurred_at = models.DateTimeField(db_default=Now())
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["review", "fence"], name="one_decision_per_fence"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["reviewer", "recorded_at"], name="decision_of_reviewer"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.label or ''}"


class LateAnswer(models.Model):
    """What came under an old fence: a second opinion, never an outcome."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    review = models.ForeignKey(Review, on_delete=models.DO_NOTHING, db_constraint=False, related_name="late_answers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False)
    fence = models.BigIntegerField()
    body = models.JSONField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["review", "person", "fence"], name="one_late_answer_per_fence"),
        ]

    def __str__(self) -> str:
        return f"late answer to {self.review_id}"


class Outcome(models.Model):
    """The effective answer for an item: what is delivered and learnt from; never edited.

    It is effective while its item points at it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    item = models.ForeignKey(Item, on_delete=models.DO_NOTHING, db_constraint=False, related_name="outcomes")
    source = models.CharField(max_length=8, choices=OUTCOME_SOURCES)
    label = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null: no label applies
    fields = models.JSONField(default=dict)
    decision_id = models.UUIDField(null=True)
    supersedes = models.UUIDField(null=True)
    # Who amended, by pseudonym, and why; empty for other sources, whose decision or policy says it.
    amended_by = models.UUIDField(null=True)
    reason_code = models.CharField(max_length=63, blank=True, db_default="")
    note = models.TextField(blank=True, db_default="")
    occurred_at = models.DateTimeField(db_default=Now())
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["item"], condition=models.Q(source="amended"), name="outcome_amended"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.source})"

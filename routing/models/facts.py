"""What models said, how policies routed, what people answered. Items are known by their id alone."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from routing.models.workflows import Workflow


class Disposition(models.TextChoices):
    """The outcome of routing."""

    AUTO_ACCEPT = "auto_accept", _("Accepted automatically")
    REVIEW = "review", _("Sent to people")
    ESCALATE = "escalate", _("Escalated")


class Mode(models.TextChoices):
    """Whether a routing decision had consequences."""

    LIVE = "live", _("Live")
    SHADOW = "shadow", _("Shadow")
    CANARY = "canary", _("Canary")


class ObservationSource(models.TextChoices):
    """Why a person saw the item."""

    CALIBRATION = "calibration", _("Calibration sample")
    REVIEW = "review", _("Routed to people")


class Prediction(models.Model):
    """A model's output on an item at one attempt, or the reason why there is none."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    item_id = models.UUIDField()
    attempt = models.PositiveSmallIntegerField()
    model_version_id = models.UUIDField(null=True)
    label = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null means that there is none
    confidence = models.FloatField(null=True)
    top = models.JSONField(default=list)
    explanation = models.JSONField(default=list)
    latency_ms = models.FloatField()
    cost = models.FloatField(default=0)
    failure = models.CharField(max_length=32, blank=True)
    failure_detail = models.CharField(max_length=300, blank=True)
    # The text's weightiest terms as hashes, and their weights; null where no local model has read a text.
    terms = ArrayField(models.IntegerField(), null=True)
    term_weights = ArrayField(models.SmallIntegerField(), null=True)
    # What drift looks at: characters of the text, and the share of it that the model knew; null where there is no text.
    input_length = models.IntegerField(null=True)
    known_share = models.FloatField(null=True)
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item_id", "attempt"], name="one_prediction_per_attempt"),
        ]

    def __str__(self) -> str:
        return f"{self.label or self.failure} ({self.item_id})"


class RoutingDecision(models.Model):
    """Where an item went and why, with the facts that the policy used."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    item_id = models.UUIDField()
    attempt = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.LIVE)
    disposition = models.CharField(max_length=16, choices=Disposition)
    reason_code = models.CharField(max_length=32)
    reason = models.JSONField(default=dict)
    margin = models.FloatField(null=True)
    queue_key = models.CharField(max_length=63)
    label = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null means that there is none
    confidence = models.FloatField(null=True)
    value = models.FloatField(null=True)
    flags = ArrayField(models.CharField(max_length=32), default=list)
    segment = models.CharField(max_length=63, blank=True)
    # Which of the fields that the policy asked for were missing; null where it asked for none.
    missing = ArrayField(models.CharField(max_length=200), null=True)
    policy_version_id = models.UUIDField(null=True)
    model_version_id = models.UUIDField(null=True)
    drawn = models.BooleanField()
    draw_probability = models.FloatField()
    occurred_at = models.DateTimeField(db_default=models.functions.Now())
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item_id", "attempt", "mode"], name="one_routing_per_attempt_and_mode"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workflow", "occurred_at"], name="routing_by_time"),
            models.Index(fields=["workflow", "occurred_at"], name="sample_by_time", condition=models.Q(drawn=True)),
        ]

    def __str__(self) -> str:
        return f"{self.disposition} ({self.item_id})"


class Observation(models.Model):
    """A person's answer, as routing knows it: the basis of every estimate."""

    item_id = models.UUIDField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    source = models.CharField(max_length=16, choices=ObservationSource)
    inclusion_probability = models.FloatField(null=True)
    label = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null: no label applies
    wrong = models.BooleanField(null=True)
    occurred_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # Of a disagreement in the calibration sample: what was answered first, and when a second person was asked.
    first_label = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null: no label applies
    asked_again_at = models.DateTimeField(null=True)
    # The prediction's first terms: by them an answered item is found as a precedent.
    terms = ArrayField(models.IntegerField(), null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workflow", "occurred_at"], name="observation_by_time"),
            models.Index(
                fields=["workspace"],
                condition=models.Q(
                    source="calibration", wrong__isnull=True, closed_at__isnull=True, asked_again_at__isnull=True
                ),
                name="observation_disputed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.item_id})"


class RestrictionEffect(models.TextChoices):
    """How a restriction tightens."""

    PEOPLE = "people", _("Everything goes to people")
    MIN_THRESHOLD = "min_threshold", _("A higher threshold")


class RestrictionCause(models.TextChoices):
    """Why a restriction runs."""

    STOP = "stop", _("Stopped by a person")
    BUDGET = "budget", _("Error budget spent")
    DRIFT = "drift", _("Drift")
    CERTIFICATE = "certificate", _("No valid certificate")


class Restriction(models.Model):
    """A running limit on automation; it can only tighten what the policy says."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="restrictions")
    segment = models.CharField(max_length=63, blank=True)
    value_above = models.FloatField(null=True)
    effect = models.CharField(max_length=16, choices=RestrictionEffect)
    cause = models.CharField(max_length=16, choices=RestrictionCause)
    min_threshold = models.FloatField(null=True)
    reason = models.CharField(max_length=300)
    since = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(effect=RestrictionEffect.PEOPLE) | models.Q(min_threshold__isnull=False),
                name="min_threshold_has_a_value",
            ),
            models.UniqueConstraint(
                fields=["workflow", "segment"],
                condition=models.Q(cause=RestrictionCause.STOP, lifted_at__isnull=True),
                name="one_running_stop",
            ),
            models.UniqueConstraint(
                fields=["workflow", "cause", "segment", "value_above"],
                condition=models.Q(lifted_at__isnull=True),
                nulls_distinct=False,
                name="one_running_limit_a_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.effect} ({self.cause})"

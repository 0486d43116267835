"""Drift: what a model's inputs and answers looked like at first, and in each window since."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from routing.models.workflows import Workflow


class DriftReference(models.Model):
    """The distributions that later windows are held against; one a model version, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="drift_references")
    model_version_id = models.UUIDField()
    n = models.PositiveIntegerField()
    # Routing decisions by id, both inclusive.
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    # Bin edges and counts of confidence, input length and vocabulary; counts of labels; a sorted thinned sample for KS.
    body = models.JSONField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workflow", "model_version_id"], name="one_reference_a_model_version"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.n}"


class DriftLevel(models.TextChoices):
    """What the windows up to this one call for."""

    NONE = "none", _("No drift")
    RAISED = "raised", _("A stricter threshold")
    PEOPLE = "people", _("Everything to people")


class DriftWindow(models.Model):
    """Consecutive routed items held against the reference."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="drift_windows")
    model_version_id = models.UUIDField()
    number = models.PositiveIntegerField()
    n = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    # PSI, KS statistic and p-value of each measure, and the window's own counts in the reference's bins.
    measures = models.JSONField()
    worst_psi = models.FloatField()
    level = models.CharField(max_length=8, choices=DriftLevel)
    recorded_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["workflow", "model_version_id", "number"],
                name="drift_window_number_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.number}"

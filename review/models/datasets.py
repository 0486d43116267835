"""Versioned sets of labelled corrections."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace


class Dataset(models.Model):
    """A frozen selection of human answers: which workflow, which period, up to which decision."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey("routing.Workflow", on_delete=models.CASCADE, related_name="datasets")
    number = models.PositiveIntegerField(_("number"))
    period_from = models.DateTimeField(_("from"))
    period_to = models.DateTimeField(_("to"))
    frozen_at = models.DateTimeField()
    row_count = models.PositiveIntegerField(_("rows"))
    created_by = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("dataset")
        verbose_name_plural = _("datasets")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workflow", "number"], name="dataset_number_unique_in_workflow"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} #{self.number}"


class DatasetRow(models.Model):
    """Which answer stands in a dataset; the rest of a row is read from the facts, which never change."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="rows")
    item_id = models.UUIDField()
    # The decision; the amended outcome where nobody had decided.
    decision_id = models.UUIDField()
    # The amended outcome that was effective when the set was frozen.
    outcome_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dataset", "decision_id"], name="decision_once_in_dataset"),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} in {self.dataset_id}"

"""Certificates: statistical statements about a threshold, and what ended them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from routing.models.sample import SampleWindow
from routing.models.workflows import Workflow


class Certificate(models.Model):
    """At most `target` of what is accepted at `threshold` or above is wrong: never changed once issued."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="certificates")
    window = models.OneToOneField(SampleWindow, on_delete=models.PROTECT, related_name="certificate")
    number = models.PositiveIntegerField()
    model_version_id = models.UUIDField()
    policy_version_id = models.UUIDField()
    contract_id = models.UUIDField()
    # What it says of which items; empty: all that the policy's rules let through.
    segment = models.CharField(max_length=63, blank=True)
    target = models.FloatField()
    # What was tested at: the window's delta at the first attempt at a model version, delta / 2^j at the j-th.
    delta = models.FloatField()
    attempt = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=63)
    threshold = models.FloatField()
    label_thresholds = models.JSONField(default=dict)
    n = models.PositiveIntegerField()
    wrong = models.PositiveIntegerField()
    bound = models.FloatField()
    p_value = models.FloatField()
    coverage = models.FloatField()
    # Grid with n, wrong and p-value, by label, answers, people, sample rate, human error, cohorts.
    details = models.JSONField()
    data_sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Empty: issued by the schedule.
    issued_by_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workflow", "number"], name="certificate_number_unique_in_workflow"),
            models.CheckConstraint(
                condition=models.Q(bound__lte=models.F("target")), name="certificate_keeps_its_target"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} C-{self.number:04d}"


class VoidCause(models.TextChoices):
    """What ended a certificate before its time."""

    MODEL = "model", _("A new model version")
    DRIFT = "drift", _("A drift alarm")
    CONTRACT = "contract", _("A new contract")
    OWNER = "owner", _("Withdrawn by an owner")


class CertificateVoid(models.Model):
    """The early end of a certificate."""

    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, primary_key=True, related_name="void")
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    cause = models.CharField(max_length=8, choices=VoidCause)
    reason = models.CharField(max_length=300, blank=True)
    voided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.certificate_id}: {self.cause}"

"""Workflows and the contracts they keep."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import Role, uuid7
from governance.models import Workspace
from governance.models.workspaces import key_validator


class WorkflowState(models.TextChoices):
    """Whether a workflow takes items."""

    DRAFT = "draft", _("Draft")
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")


class Fallback(models.TextChoices):
    """What happens to an item whose prediction failed."""

    PEOPLE = "people", _("To people, with the reason")
    WAIT = "wait", _("Try again later, then dead letters")


class Uncertified(models.TextChoices):
    """What happens to automation while no valid certificate covers it."""

    KEEP = "keep", _("Goes on, and the owner is told")
    PEOPLE = "people", _("Everything goes to people")


ESCALATION_ROLES = [(Role.LEAD.value, _("Lead")), (Role.OWNER.value, _("Owner"))]


class Workflow(models.Model):
    """One automated decision: its contract, model, policy, fallback and escalation role."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    key = models.CharField(_("key"), max_length=63, validators=[key_validator])
    name = models.CharField(_("name"), max_length=120)
    state = models.CharField(_("state"), max_length=8, choices=WorkflowState, default=WorkflowState.DRAFT)
    fallback = models.CharField(_("fallback"), max_length=8, choices=Fallback, blank=True)
    escalation_role = models.CharField(_("escalation role"), max_length=16, choices=ESCALATION_ROLES, blank=True)
    escalation_queue = models.CharField(_("escalation queue"), max_length=63, default="escalations")
    draw_rate = models.FloatField(
        _("share drawn for the calibration sample"),
        default=0.05,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    hold_s = models.PositiveIntegerField(_("hold automatic outcomes, seconds"), default=0)
    max_attempts = models.PositiveSmallIntegerField(
        _("attempts at a prediction"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
    )
    # Empty: as many as come.
    items_per_s = models.PositiveIntegerField(
        _("most items taken in a second"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
    )
    contract = models.ForeignKey("routing.Contract", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    model_version = models.ForeignKey(
        "routing.ModelVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    policy_version = models.ForeignKey(
        "routing.PolicyVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    # A version on its way into force, and the share of items that it routes already.
    candidate_version = models.ForeignKey(
        "routing.PolicyVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    candidate_share = models.FloatField(default=0, db_default=0)
    uncertified = models.CharField(
        _("without a valid certificate"),
        max_length=8,
        choices=Uncertified,
        default=Uncertified.KEEP,
        db_default=Uncertified.KEEP,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "key"], name="workflow_key_unique_in_workspace"),
            models.CheckConstraint(
                condition=models.Q(draw_rate__gte=0) & models.Q(draw_rate__lte=1),
                name="draw_rate_is_a_share",
            ),
            models.CheckConstraint(
                condition=models.Q(candidate_share__gte=0) & models.Q(candidate_share__lte=1),
                name="candidate_share_is_a_share",
            ),
            models.CheckConstraint(
                condition=models.Q(state=WorkflowState.DRAFT)
                | (~models.Q(fallback="") & ~models.Q(escalation_role="") & models.Q(contract__isnull=False)),
                name="active_workflow_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """What goes into a workflow and what comes out of it; a version never changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="contracts")
    version = models.CharField(_("version"), max_length=32)
    input_schema = models.JSONField(_("input schema"))
    output_schema = models.JSONField(_("output schema"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workflow", "version"], name="contract_version_unique_in_workflow"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.version}"

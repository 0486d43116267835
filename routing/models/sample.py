"""How the calibration sample is drawn, its windows, and what an owner assumes of costs."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from routing.models.workflows import Workflow

DELTA = 0.05


class RateMode(models.TextChoices):
    """Who says how many items are drawn."""

    COMPUTED = "computed", _("Computed from the promise")
    BY_HAND = "by_hand", _("Set by hand")


class SamplePlan(models.Model):
    """What a workflow wants certified and how often: "at most X % wrong, every N days"."""

    workflow = models.OneToOneField(Workflow, on_delete=models.CASCADE, primary_key=True, related_name="sample_plan")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    target = models.FloatField(_("wrong at most"), default=0.02)
    delta = models.FloatField(_("chance of being wrong about it"), default=DELTA)
    every_days = models.PositiveSmallIntegerField(
        _("certified every so many days"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
    )
    mode = models.CharField(_("share drawn"), max_length=8, choices=RateMode, default=RateMode.BY_HAND)
    # The day (UTC) on which the first window begins; each later one begins where the one before ends.
    starts_on = models.DateField(_("first window begins"))
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("sample plan")
        verbose_name_plural = _("sample plans")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(target__gt=0)
                & models.Q(target__lt=1)
                & models.Q(delta__gt=0)
                & models.Q(delta__lt=1),
                name="plan_target_and_delta_are_shares",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target:.2%} / {self.every_days} d"


class WindowState(models.TextChoices):
    """What has become of a window."""

    OPEN = "open", _("Open")
    CERTIFIED = "certified", _("Certified")
    REFUSED = "refused", _("Refused")


class SampleWindow(models.Model):
    """Days whose sample answers certify together; its end was fixed before its first answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="sample_windows")
    number = models.PositiveIntegerField()
    # Both in UTC; the last day is part of the window.
    first_day = models.DateField()
    last_day = models.DateField()
    target = models.FloatField()
    delta = models.FloatField()
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=WindowState, default=WindowState.OPEN)
    refusal = models.JSONField(default=dict)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workflow", "number"], name="window_number_unique_in_workflow"),
            models.UniqueConstraint(fields=["workflow", "first_day"], name="one_window_a_first_day"),
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="window_has_a_day"),
            models.CheckConstraint(
                condition=models.Q(state=WindowState.OPEN) | models.Q(closed_at__isnull=False),
                name="closed_window_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} - {self.last_day}"


class Assumptions(models.Model):
    """What an owner reckons with where nothing is measured: money, minutes, volume."""

    workflow = models.OneToOneField(Workflow, on_delete=models.CASCADE, primary_key=True, related_name="assumptions")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    review_cost = models.FloatField(_("cost of a review"), default=1, validators=[MinValueValidator(0)])
    wrong_cost = models.FloatField(_("cost of a wrong acceptance"), default=25, validators=[MinValueValidator(0)])
    review_minutes = models.FloatField(_("minutes a review"), default=0.5, validators=[MinValueValidator(0)])
    # Empty: measured over the last days.
    items_a_day = models.PositiveIntegerField(_("items a day"), null=True, blank=True)
    human_error = models.FloatField(
        _("people's own error"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )

    class Meta:
        verbose_name = _("assumptions")
        verbose_name_plural = _("assumptions")

    def __str__(self) -> str:
        return str(self.workflow)

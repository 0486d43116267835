"""Error budgets: how much of what is accepted automatically may be wrong, and how much of that is used."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from routing.models.facts import Restriction
from routing.models.sample import DELTA
from routing.models.workflows import Workflow


class BudgetState(models.TextChoices):
    """What the live bound says of a budget."""

    MEASURING = "measuring", _("Measuring")
    WITHIN = "within", _("Within")
    SPENT = "spent", _("Spent")


class ErrorBudget(models.Model):
    """How many automatic acceptances of a workflow, or a part of it, may be wrong; when spent, that part goes to people."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="budgets")
    # Which items: a segment (empty: all), and of these the ones above a value (empty: all).
    segment = models.CharField(_("segment"), max_length=63, blank=True)
    value_above = models.FloatField(_("only items of a value above"), null=True, blank=True)
    target = models.FloatField(
        _("wrong at most"),
        default=0.005,
        validators=[MinValueValidator(0.0001), MaxValueValidator(0.5)],
    )
    delta = models.FloatField(_("chance of being wrong about it"), default=DELTA)
    is_active = models.BooleanField(_("kept"), default=True)
    # What follows is written by the watch alone. The bound starts anew with a model version and when an owner restores it.
    counts_from = models.DateTimeField(null=True)
    model_version_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=BudgetState, default=BudgetState.MEASURING)
    n = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    upper = models.FloatField(default=1)
    lower = models.FloatField(default=0)
    evaluated_at = models.DateTimeField(null=True)
    spent_at = models.DateTimeField(null=True)
    restriction = models.ForeignKey(Restriction, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("error budget")
        verbose_name_plural = _("error budgets")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["workflow", "segment", "value_above"],
                condition=models.Q(is_active=True),
                nulls_distinct=False,
                name="one_budget_a_part",
            ),
            models.CheckConstraint(
                condition=models.Q(target__gt=0)
                & models.Q(target__lt=1)
                & models.Q(delta__gt=0)
                & models.Q(delta__lt=1),
                name="budget_target_and_delta_are_shares",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.segment} {self.target:.2%}"

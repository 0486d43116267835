"""Shapes of error budgets and drift, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, Shape
from routing.services.limit_rows import REASON_LENGTH


class NewBudgetShape(Shape):
    """How much of what is accepted automatically may be wrong, of which items."""

    target = serializers.FloatField(min_value=0.0001, max_value=0.5, help_text="A share: 0.005 is 0.5 %.")
    segment = serializers.CharField(max_length=63, required=False, help_text="Empty: all items.")
    value_above = serializers.FloatField(required=False, allow_null=True, help_text="Only items of a higher value.")
    delta = serializers.FloatField(min_value=0.001, max_value=0.5, required=False, help_text="0.05 unless told.")


class BudgetChangeShape(Shape):
    """What to change; `is_active` false gives the budget up and asks for a reason."""

    target = serializers.FloatField(min_value=0.0001, max_value=0.5, required=False)
    delta = serializers.FloatField(min_value=0.001, max_value=0.5, required=False)
    is_active = serializers.BooleanField(required=False)
    reason = serializers.CharField(max_length=REASON_LENGTH, required=False)


class BoundPointShape(Shape):
    """The bound after so many answers."""

    n = serializers.IntegerField()
    wrong = serializers.IntegerField()
    upper = serializers.FloatField()
    lower = serializers.FloatField()


class BudgetHeadShape(Shape):
    """What an error budget promises of which items, and how it stands."""

    id = serializers.UUIDField()
    segment = serializers.CharField(allow_blank=True)
    value_above = serializers.FloatField(allow_null=True)
    target = serializers.FloatField()
    delta = serializers.FloatField()
    state = serializers.ChoiceField(["measuring", "within", "spent"])


class BudgetShape(BudgetHeadShape):
    """An error budget as the watch last saw it."""

    n = serializers.IntegerField()
    wrong = serializers.IntegerField(help_text="With those that wait for adjudication.")
    upper = serializers.FloatField()
    lower = serializers.FloatField()
    unadjudicated = serializers.IntegerField()
    held = serializers.IntegerField(help_text="Drawn items that do not count yet: they, or one before them, are open.")
    until_within = serializers.IntegerField(
        allow_null=True, help_text="So many right answers in a row would bring the bound to the target."
    )
    until_spent = serializers.IntegerField(
        allow_null=True, help_text="So many wrong answers in a row would spend a budget that is within."
    )
    counts_from = serializers.DateTimeField(allow_null=True)
    evaluated_at = serializers.DateTimeField(allow_null=True)
    spent_at = serializers.DateTimeField(allow_null=True)
    path = BoundPointShape(many=True)


class BudgetsShape(Shape):
    """The workflow's budgets."""

    budgets = BudgetShape(many=True)


class ChangedBudgetShape(BudgetHeadShape):
    """A budget that was stored, changed, restored or given up."""

    is_active = serializers.BooleanField()


class DriftLimitsShape(Shape):
    """Stability indices above or below which a window counts."""

    bad = serializers.FloatField()
    worst = serializers.FloatField()
    clean = serializers.FloatField()


class DriftReferenceShape(Shape):
    """What windows are held against."""

    n = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
    numbers = JsonObject(help_text="Per measure bins (inner edges), their counts and n.")
    labels = JsonObject(help_text="Items by predicted label.")


class DriftWindowShape(Shape):
    """Consecutive items against the reference."""

    number = serializers.IntegerField()
    n = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    worst_psi = serializers.FloatField()
    level = serializers.ChoiceField(["none", "raised", "people"])
    measures = JsonObject(help_text="Per measure PSI, statistic, p-value, n and the window's counts in the bins.")


class DriftActShape(Shape):
    """What the drift has led to."""

    effect = serializers.ChoiceField(["people", "min_threshold"])
    min_threshold = serializers.FloatField(allow_null=True)
    since = serializers.DateTimeField()
    reason = serializers.CharField()


class DriftShape(Shape):
    """How a workflow's inputs and answers compare with the reference of its model version; windows oldest first."""

    level = serializers.ChoiceField(["none", "raised", "people"])
    bad_in_a_row = serializers.IntegerField()
    clean_in_a_row = serializers.IntegerField()
    model_version = serializers.UUIDField(allow_null=True)
    limits = DriftLimitsShape()
    reference = DriftReferenceShape(allow_null=True)
    windows = DriftWindowShape(many=True)
    have = serializers.IntegerField(help_text="Items there are of `need` for the reference or the next window.")
    need = serializers.IntegerField()
    limit = DriftActShape(allow_null=True)

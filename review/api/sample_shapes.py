"""Shapes of the sample's plan and state, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, NamedShape, Shape

_MODES = ["computed", "by_hand"]


class PlanRequestShape(Shape):
    """What is to be certified how often: at most `target` wrong, every so many days."""

    target = serializers.FloatField(min_value=0.0001, max_value=0.5)
    delta = serializers.FloatField(min_value=0.001, max_value=0.5, required=False, help_text="0.05, if it is not said.")
    every_days = serializers.IntegerField(min_value=1, max_value=366)
    mode = serializers.ChoiceField(_MODES, required=False, help_text="computed, unless a rate is given.")
    rate = serializers.FloatField(min_value=0, max_value=1, required=False, help_text="The share drawn, set by hand.")
    starts_on = serializers.DateField(
        required=False, help_text="The first window's first day (UTC); tomorrow at the earliest."
    )


class PlanShape(Shape):
    """A plan."""

    target = serializers.FloatField()
    delta = serializers.FloatField()
    every_days = serializers.IntegerField()
    mode = serializers.ChoiceField(_MODES)
    starts_on = serializers.DateField()


class NeededShape(Shape):
    """What the plan asks for as things go: a rate, or why no rate would do."""

    is_possible = serializers.BooleanField()
    answers = serializers.IntegerField(help_text="Answers on automatic items, with two wrong ones.")
    rate = serializers.FloatField(required=False)
    extra_reviews_a_day = serializers.FloatField(required=False)
    rate_if_none_is_wrong = serializers.FloatField(required=False)
    expected = serializers.FloatField(required=False, help_text="Automatic items that come in that time.")
    days = serializers.IntegerField(required=False, allow_null=True)
    target = serializers.FloatField(required=False, allow_null=True)


class CohortShape(Shape):
    """The items drawn on one day."""

    day = serializers.DateField()
    drawn = serializers.IntegerField()
    unanswered = serializers.IntegerField()
    unadjudicated = serializers.IntegerField()
    is_complete = serializers.BooleanField()


class AnswersShape(Shape):
    """What has been answered in a window."""

    drawn = serializers.IntegerField()
    answered = serializers.IntegerField()
    unadjudicated = serializers.IntegerField()
    closed_until = serializers.DateField(allow_null=True)
    held_by = serializers.DateField(allow_null=True, help_text="The oldest day that is not complete.")
    days = CohortShape(many=True)


class PreviewShape(Shape):
    """What a window's complete days would certify now; not a certificate."""

    is_certificate = serializers.BooleanField(help_text="Always false.")
    reason = serializers.CharField(allow_blank=True)
    missing = serializers.IntegerField(allow_null=True)
    text = serializers.CharField(allow_blank=True)
    delta = serializers.FloatField()
    n = serializers.IntegerField()
    wrong = serializers.IntegerField()
    threshold = serializers.FloatField(allow_null=True)
    bound = serializers.FloatField(allow_null=True)
    coverage = serializers.FloatField(allow_null=True)


class CertificateLinkShape(Shape):
    """A certificate by its name."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class WindowShape(Shape):
    """A window: days whose answers certify together; its end was fixed before its first answer."""

    number = serializers.IntegerField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    target = serializers.FloatField()
    delta = serializers.FloatField()
    attempt = serializers.IntegerField()
    state = serializers.ChoiceField(["open", "certified", "refused"])
    refusal = JsonObject(allow_null=True, help_text="reason, text, n, wrong and missing.")
    certificate = CertificateLinkShape(allow_null=True)
    answers = AnswersShape(allow_null=True)
    preview = PreviewShape(allow_null=True)


class SampleShape(Shape):
    """Plan and state of a workflow's calibration sample."""

    workflow = NamedShape()
    plan = PlanShape(allow_null=True)
    rate = serializers.FloatField(help_text="The share of all items that is drawn now.")
    items_a_day = serializers.FloatField()
    automatic_share = serializers.FloatField()
    needed = NeededShape(allow_null=True)
    windows = WindowShape(many=True)

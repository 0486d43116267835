"""Shapes of the tuner's answers, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import Shape
from routing.domain.recommend import Check, Held


class AssumptionsShape(Shape):
    """What an owner reckons with; null takes what is measured."""

    currency = serializers.CharField(max_length=3, required=False)
    review_cost = serializers.FloatField(min_value=0, required=False)
    wrong_cost = serializers.FloatField(min_value=0, required=False)
    review_minutes = serializers.FloatField(min_value=0, required=False)
    items_a_day = serializers.IntegerField(min_value=0, allow_null=True, required=False)
    human_error = serializers.FloatField(min_value=0, max_value=1, allow_null=True, required=False)


class TunerColumnShape(Shape):
    """A policy at one threshold: share automatic, `k` wrong of `n` sample answers with bound, and what a day comes to.

    `keeps`: the promise holds there. Money and hours are null where no answer says how well it does.
    """

    threshold = serializers.FloatField(allow_null=True)
    automatic = serializers.FloatField()
    n = serializers.IntegerField()
    k = serializers.IntegerField()
    risk = serializers.FloatField(allow_null=True)
    bound = serializers.FloatField()
    keeps = serializers.BooleanField()
    reviews = serializers.FloatField(allow_null=True)
    hours = serializers.FloatField(allow_null=True)
    wrong = serializers.FloatField(allow_null=True)
    cost = serializers.FloatField(allow_null=True)
    worst_cost = serializers.FloatField(allow_null=True)


class TunerLabelShape(Shape):
    """A predicted label at its threshold in the draft; `standing` is what its own test said, or the pool's."""

    label = serializers.CharField()  # type: ignore[assignment]
    title = serializers.CharField()
    has_own = serializers.BooleanField()
    own = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    k = serializers.IntegerField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    bound = serializers.FloatField()
    answers = serializers.IntegerField()
    standing = serializers.ChoiceField(["own", "pooled", "people"])
    certified = serializers.FloatField(allow_null=True)


class TunerVerdictShape(Shape):
    """How the draft stands to the promise, in words; `use` is a threshold to change to."""

    tone = serializers.ChoiceField(["good", "warn", "bad"])
    title = serializers.CharField()
    text = serializers.CharField()
    use = serializers.FloatField(allow_null=True)


class TunerCurveShape(Shape):
    """The risk-coverage curve with a band around each point alone; lists of one length."""

    threshold = serializers.ListField(child=serializers.FloatField())
    coverage = serializers.ListField(child=serializers.FloatField())
    n = serializers.ListField(child=serializers.IntegerField())
    k = serializers.ListField(child=serializers.IntegerField())
    risk = serializers.ListField(child=serializers.FloatField())
    low = serializers.ListField(child=serializers.FloatField())
    high = serializers.ListField(child=serializers.FloatField())


class TunerScaleShape(Shape):
    """Which share is automatic at which threshold."""

    threshold = serializers.ListField(child=serializers.FloatField())
    coverage = serializers.ListField(child=serializers.FloatField())


class TunerRefusalShape(Shape):
    """Why no threshold is recommended."""

    title = serializers.CharField()
    text = serializers.CharField()


class TunerMissingShape(Shape):
    """How many more answers would likely do."""

    count = serializers.IntegerField()
    needed = serializers.IntegerField()
    have = serializers.IntegerField()
    text = serializers.CharField()
    sentence = serializers.CharField()


class TunerWayShape(Shape):
    """A way to a certificate."""

    kind = serializers.ChoiceField(["raise", "wait", "promise"])
    title = serializers.CharField()
    note = serializers.CharField()
    target = serializers.FloatField(allow_null=True)
    rate = serializers.FloatField(allow_null=True)


class TunerCheckShape(Shape):
    """What must hold before a threshold is recommended, and whether it does."""

    check = serializers.ChoiceField([check.value for check in Check])
    held = serializers.ChoiceField([held.value for held in Held])
    text = serializers.CharField()


class TunerAssumptionsShape(Shape):
    """What the figures reckon with, and beside it what was measured."""

    currency = serializers.CharField()
    review_cost = serializers.FloatField()
    wrong_cost = serializers.FloatField()
    review_minutes = serializers.FloatField()
    items_a_day = serializers.FloatField()
    sample_rate = serializers.FloatField()
    human_error = serializers.FloatField()
    items_a_day_measured = serializers.FloatField()
    human_error_measured = serializers.FloatField(allow_null=True)


class TunerActiveShape(TunerColumnShape):
    """The policy in force, with its version's number."""

    number = serializers.IntegerField(allow_null=True)


class TunerShape(Shape):
    """The figures for one question; what follows `body` is left out where the caller names the same basis as known."""

    basis = serializers.CharField()
    as_of = serializers.DateTimeField()
    since = serializers.DateTimeField()
    until = serializers.DateField()
    scored = serializers.IntegerField()
    drawn = serializers.IntegerField()
    answers = serializers.IntegerField()
    target = serializers.FloatField()
    delta = serializers.FloatField()
    preview = serializers.CharField()
    assumptions = TunerAssumptionsShape()
    active = TunerActiveShape()
    draft = TunerColumnShape()
    reviews_range = serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="Between which counts the reviews of a day will lie in 95 of 100 days under the draft.",
    )
    certified = TunerColumnShape(allow_null=True)
    cost_optimal = TunerColumnShape()
    labels = TunerLabelShape(many=True)
    verdict = TunerVerdictShape()
    late = serializers.CharField(allow_null=True)
    body = serializers.DictField()
    curve = TunerCurveShape(required=False)
    scale = TunerScaleShape(required=False)
    zone = serializers.ListField(child=serializers.FloatField(), allow_null=True, required=False)
    reasons = serializers.ListField(child=serializers.CharField(), required=False)
    refusal = TunerRefusalShape(allow_null=True, required=False)
    missing = TunerMissingShape(allow_null=True, required=False)
    ways = TunerWayShape(many=True, required=False)
    checks = TunerCheckShape(many=True, required=False)

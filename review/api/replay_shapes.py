"""Shapes of replays, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, Shape
from review.api.proposal_shapes import ProposerShape
from review.selectors.flips import ANSWERS

_STATES = ["waiting", "running", "done", "failed"]
_WAYS = ["auto", "people", "escalate"]


class NewReplayShape(Shape):
    """What is to be replayed, either a policy's body or a version; and the period in which the items were routed."""

    body = JsonObject(required=False, help_text="A whole policy.")
    policy_version = serializers.UUIDField(required=False)
    base = serializers.CharField(
        required=False,
        help_text="What it is held against: active (the version in force, also where it is left out), history (where the items went at "
        "the time), or the id of a version.",
    )
    until = serializers.DateTimeField()

    def get_fields(self) -> dict[str, "serializers.Field[object, object, object, object]"]:
        """Add the member whose name is a word of Python."""
        return super().get_fields() | {"from": serializers.DateTimeField()}


class BaseVersionShape(Shape):
    """A version that a draft is held against."""

    id = serializers.UUIDField()
    policy = serializers.CharField()
    number = serializers.IntegerField()


class ReplayHeadShape(Shape):
    """A replay and how far it is."""

    id = serializers.UUIDField()
    workflow = serializers.CharField()
    state = serializers.ChoiceField(_STATES)
    total = serializers.IntegerField(help_text="Routing decisions to read.")
    replayed = serializers.IntegerField()
    problem = serializers.CharField(allow_blank=True, help_text="Why it failed.")
    until = serializers.DateTimeField()
    base = BaseVersionShape(allow_null=True)
    requested_by = ProposerShape()
    requested_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, "serializers.Field[object, object, object, object]"]:
        """Add the member whose name is a word of Python."""
        return super().get_fields() | {"from": serializers.DateTimeField()}


class SplitShape(Shape):
    """Items by where they go."""

    auto = serializers.IntegerField()
    review = serializers.IntegerField()
    escalate = serializers.IntegerField()


class ErrorRateShape(Shape):
    """How much of what is accepted is wrong, by the calibration sample, with its interval at 95 %."""

    rate = serializers.FloatField(allow_null=True)
    lower = serializers.FloatField(allow_null=True)
    upper = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    wrong = serializers.IntegerField()
    open = serializers.IntegerField(help_text="Items of the sample without an answer.")
    method = serializers.ChoiceField(["sample", "weighted"])


class WeightedShape(Shape):
    """The same by all answers of known probability; for display."""

    rate = serializers.FloatField()
    lower = serializers.FloatField()
    upper = serializers.FloatField()
    n = serializers.IntegerField()
    effective_n = serializers.FloatField()


class BeforeAfterShape(Shape):
    """A figure of both sides; null where it is not known."""

    before = serializers.FloatField(allow_null=True)
    after = serializers.FloatField(allow_null=True)


class ReplayCostShape(Shape):
    """Money a day."""

    currency = serializers.CharField()
    expected = BeforeAfterShape()
    worst = BeforeAfterShape()


class KnownShape(Shape):
    """Human answers beside the machine's."""

    same = serializers.IntegerField()
    other = serializers.IntegerField()


class LabelErrorShape(Shape):
    """Sample answers on what the draft accepts of one label."""

    n = serializers.IntegerField()
    wrong = serializers.IntegerField()
    upper = serializers.FloatField(allow_null=True)


class SegmentRowShape(Shape):
    """One segment's items."""

    segment = serializers.CharField(allow_blank=True)
    items = serializers.IntegerField()
    auto_before = serializers.IntegerField()
    auto_after = serializers.IntegerField()
    to_auto = serializers.IntegerField()
    to_people = serializers.IntegerField()
    to_escalate = serializers.IntegerField()


class LabelRowShape(SegmentRowShape):
    """One label's items; null: the model gave none."""

    segment = None  # type: ignore[assignment]
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    known = KnownShape()
    error_after = LabelErrorShape()


class UnknownFieldsShape(Shape):
    """For how many items it is unknown whether a field that the draft asks for was missing; they count as complete."""

    items = serializers.IntegerField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]


class ReplayModelShape(Shape):
    """How many of the items a model version has scored."""

    model_version = serializers.UUIDField(allow_null=True)
    items = serializers.IntegerField()


class ReplayResultShape(Shape):
    """What the replay found; figures a day are reckoned with the owner's assumptions. Limits that ran at the time are no part of it."""

    items = serializers.IntegerField()
    base = SplitShape()
    draft = SplitShape()
    error_before = ErrorRateShape()
    error_after = ErrorRateShape()
    weighted_before = WeightedShape(allow_null=True)
    weighted_after = WeightedShape(allow_null=True)
    items_a_day = serializers.FloatField()
    reviews_per_day = BeforeAfterShape()
    escalated_per_day = BeforeAfterShape()
    hours = BeforeAfterShape()
    cost = ReplayCostShape()
    to_auto = serializers.IntegerField()
    to_people = serializers.IntegerField()
    to_escalate = serializers.IntegerField()
    to_auto_known = KnownShape()
    by_label = LabelRowShape(many=True)
    by_segment = SegmentRowShape(many=True)
    unknown_fields = UnknownFieldsShape()
    left_out = serializers.IntegerField(
        help_text="Items in no figure, because somebody may still be asked about them without suggestion."
    )
    open_days = serializers.IntegerField(help_text="Days whose sample is not settled: their answers tell no error.")
    flips_kept = serializers.IntegerField()
    models = ReplayModelShape(many=True)
    labels = serializers.ListField(child=serializers.CharField())
    segments = serializers.ListField(child=serializers.CharField(allow_blank=True))
    seconds = serializers.FloatField()


class ReplayShape(ReplayHeadShape):
    """A replay with its draft, and what it found once it is done."""

    body = JsonObject()
    result = ReplayResultShape(allow_null=True)


class ReplaysShape(Shape):
    """Replays, the newest first."""

    replays = ReplayHeadShape(many=True)


class FlipItemShape(Shape):
    """An item."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()


class FlipShape(Shape):
    """An item that goes another way."""

    item = FlipItemShape()
    occurred_at = serializers.DateTimeField()
    label = serializers.CharField(allow_null=True, help_text="The model's.")  # type: ignore[assignment]
    confidence = serializers.FloatField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    segment = serializers.CharField(allow_blank=True)
    to = serializers.ChoiceField(_WAYS)
    said = serializers.ChoiceField(
        list(ANSWERS), help_text="What people had said when it was replayed, beside the model's label."
    )
    answer = serializers.CharField(allow_null=True, help_text="Their label, as it is now.")

    def get_fields(self) -> dict[str, "serializers.Field[object, object, object, object]"]:
        """Add the member whose name is a word of Python."""
        return super().get_fields() | {"from": serializers.ChoiceField(_WAYS)}


class FlipsShape(Shape):
    """A page of items that go another way."""

    count = serializers.IntegerField(help_text="How many the filters leave.")
    flips = FlipShape(many=True)
    next = serializers.IntegerField(allow_null=True)

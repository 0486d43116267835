"""Shapes of queues, reviews and answers to them, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, NamedShape, Shape
from review.domain.states import DecisionAction
from routing.domain.forms import FieldKind

_ACTIONS = [action.value for action in DecisionAction]


class ScoreShape(Shape):
    """A label and its score."""

    label = serializers.CharField()  # type: ignore[assignment]
    title = serializers.CharField()
    score = serializers.FloatField()


class SuggestionShape(Shape):
    """What the model said."""

    label = serializers.CharField()  # type: ignore[assignment]
    title = serializers.CharField()
    confidence = serializers.FloatField(allow_null=True)
    top = ScoreShape(many=True)
    model = serializers.CharField()
    evidence = JsonObject(
        required=False,
        help_text="Per pointer the passages that spoke for it: [start, end, strong or weak], counted in characters.",
    )


class WhyShape(Shape):
    """Why a person is asked."""

    text = serializers.CharField()
    reason_code = serializers.CharField(required=False)
    confidence = serializers.FloatField(required=False)
    threshold = serializers.FloatField(required=False)
    margin = serializers.FloatField(required=False)


class LabelShape(Shape):
    """A label of the contract."""

    value = serializers.CharField()
    title = serializers.CharField()


class PresentShape(Shape):
    """Somebody at the workstation."""

    name = serializers.CharField()
    initials = serializers.CharField()


class QueueShape(Shape):
    """A queue and how full it is; counted up to 10,000."""

    key = serializers.CharField()
    name = serializers.CharField()
    workflow = NamedShape()
    is_paused = serializers.BooleanField()
    may_work = serializers.BooleanField()
    depth = serializers.IntegerField()
    overdue = serializers.IntegerField()
    due_soon = serializers.IntegerField()
    oldest_at = serializers.DateTimeField(allow_null=True)
    leased = serializers.IntegerField()
    reviewers = serializers.ListField(child=serializers.CharField())
    present = PresentShape(many=True, help_text="Who is at the workstation now.")


class QueuesShape(Shape):
    """The caller's queues."""

    queues = QueueShape(many=True)


class ClaimShape(Shape):
    """How many reviews are asked for."""

    count = serializers.IntegerField(min_value=1, max_value=10, default=1)


class LeasedQueueShape(NamedShape):
    """The queue of a leased review."""

    undo_window_s = serializers.IntegerField()


class FormFieldShape(Shape):
    """A field that can be corrected: where it goes, how it is asked for, and what was read there."""

    name = serializers.CharField()
    pointer = serializers.CharField(help_text="Its place in the answer's `fields`.")
    title = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in FieldKind])
    required = serializers.BooleanField()  # type: ignore[assignment]
    needed_with = serializers.CharField(required=False, help_text="The optional object that can't be sent without it.")
    nullable = serializers.BooleanField(required=False)
    options = serializers.ListField(child=JsonObject(), required=False)
    columns = serializers.ListField(
        child=JsonObject(), required=False, help_text="Fields of a row, where kind is rows."
    )
    initial = serializers.JSONField(required=False)
    source = serializers.CharField(required=False, help_text="The place in the payload that `initial` is from.")  # type: ignore[assignment]
    confidence = serializers.FloatField(required=False, help_text="How sure its reader was, from 0 to 1.")
    unit = serializers.CharField(required=False)
    description = serializers.CharField(required=False)


class DraftShape(Shape):
    """What the caller has typed for the review and not sent."""

    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    fields = JsonObject()  # type: ignore[assignment]
    note = serializers.CharField(allow_blank=True)
    reason_code = serializers.CharField(allow_blank=True)
    saved_at = serializers.DateTimeField()


class LeasedItemShape(Shape):
    """The item of a leased review."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    workflow = NamedShape()
    payload = JsonObject()
    masked = serializers.ListField(
        child=serializers.CharField(),
        help_text="Pointers whose values are null in `payload`: reveal them with a reason.",
    )
    value = serializers.FloatField(allow_null=True)
    segment = serializers.CharField(allow_blank=True)
    received_at = serializers.DateTimeField()
    flags = serializers.ListField(child=serializers.CharField())
    suspicious = JsonObject(help_text="Per pointer what raised the flags: [start, end, flag], counted in characters.")
    views = JsonObject()
    sensitive = serializers.ListField(child=serializers.CharField())
    titles = JsonObject(help_text="What fields are called, by pointer.")
    labels = LabelShape(many=True)
    takes_label = serializers.BooleanField(help_text="Whether an answer has a label; else it has fields only.")
    form = FormFieldShape(many=True)


class OptionShape(Shape):
    """One of the answers that an adjudication decides between; no label means that none applies."""

    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    title = serializers.CharField()


class LeasedShape(Shape):
    """A review that is leased to the caller."""

    id = serializers.UUIDField()
    fence = serializers.IntegerField()
    lease_until = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    blind = serializers.BooleanField()
    adjudication = serializers.BooleanField()
    queue = LeasedQueueShape()
    item = LeasedItemShape()
    suggestion = SuggestionShape(allow_null=True)
    options = OptionShape(
        many=True, allow_null=True, help_text="Of an adjudication: the two answers, without saying whose they are."
    )
    why = WhyShape()
    draft = DraftShape(allow_null=True)


class ReviewsShape(Shape):
    """What was handed out."""

    reviews = LeasedShape(many=True)


class FenceShape(Shape):
    """The number under which the review was leased."""

    fence = serializers.IntegerField(min_value=0)


class LeaseShape(Shape):
    """The lease's new end."""

    lease_until = serializers.DateTimeField()


class ReleasedShape(Shape):
    """The lease is given back."""

    released = serializers.BooleanField()


class AnswerShape(Shape):
    """A reviewer's answer."""

    fence = serializers.IntegerField(min_value=0)
    action = serializers.ChoiceField(_ACTIONS)
    label = serializers.CharField(max_length=200, required=False, allow_null=True)  # type: ignore[assignment]
    fields = JsonObject(required=False)  # type: ignore[assignment]
    reason_code = serializers.CharField(max_length=63, required=False)
    note = serializers.CharField(max_length=4000, required=False)
    active_ms = serializers.IntegerField(min_value=0, required=False)
    claim_next = serializers.IntegerField(min_value=0, max_value=5, required=False)
    queue = serializers.CharField(
        max_length=63, required=False, help_text="Of an escalation: another queue of the workflow; else its own."
    )
    mentions = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=10,
        required=False,
        help_text="Of an escalation: people who review here and are asked by name.",
    )


class DecisionShape(Shape):
    """A recorded decision."""

    id = serializers.UUIDField()
    action = serializers.ChoiceField(_ACTIONS)
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    recorded_at = serializers.DateTimeField()


class DecidedShape(Shape):
    """What was recorded (null after skip and escalate), and the next reviews."""

    decision = DecisionShape(allow_null=True)
    undo_until = serializers.DateTimeField(allow_null=True)
    next = LeasedShape(many=True)


class UndoneShape(Shape):
    """The review, leased to the caller again."""

    review = LeasedShape()

"""Shapes of items: sent, found, seen, amended, withdrawn, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, NamedShape, Shape
from review.api.delivery_shapes import MessageShape
from review.api.shapes import SuggestionShape, WhyShape
from review.domain.states import ItemState, ReviewKind, ReviewState

_ITEM_STATES = [state.value for state in ItemState]
_KINDS = [kind.value for kind in ReviewKind]


class PredictionSentShape(Shape):
    """A prediction that comes with an item, where the workflow's model is an external one."""

    label = serializers.CharField()  # type: ignore[assignment]
    confidence = serializers.FloatField(min_value=0, max_value=1)
    top = serializers.ListField(child=serializers.ListField(), required=False, help_text="[label, score] pairs.")
    latency_ms = serializers.FloatField(required=False)
    cost = serializers.FloatField(required=False)


class SubmissionShape(Shape):
    """One item as a source system sends it."""

    external_id = serializers.CharField(max_length=200)
    payload = JsonObject(help_text="Keeps the workflow's contract.")
    contract = serializers.CharField(max_length=32, required=False, help_text="A version; else the present one.")
    subject = serializers.CharField(max_length=200, required=False, help_text="The person whose data this is.")
    segment = serializers.CharField(max_length=63, required=False)
    value = serializers.FloatField(required=False)
    priority = serializers.IntegerField(min_value=-100, max_value=100, required=False)
    predictions = PredictionSentShape(many=True, required=False)
    occurred_at = serializers.DateTimeField(required=False, help_text="In a demo workspace only.")


class ReceiptShape(Shape):
    """What became of an item at intake."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    is_new = serializers.BooleanField()


class RejectionShape(Shape):
    """Why a line of a batch was refused."""

    line = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    external_id = serializers.CharField(required=False)
    errors = serializers.ListField(child=JsonObject(), required=False)  # type: ignore[assignment]


class BatchShape(Shape):
    """What became of a batch; `ids` has one entry for every line that held something, null where it was refused."""

    accepted = serializers.IntegerField()
    existing = serializers.IntegerField()
    rejected = RejectionShape(many=True)
    ids = serializers.ListField(child=serializers.UUIDField(allow_null=True))


class FoundItemShape(Shape):
    """An item as a line of a list."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    workflow = NamedShape()
    received_at = serializers.DateTimeField()
    flags = serializers.ListField(child=serializers.CharField())
    withheld = serializers.BooleanField(help_text="A blind review keeps the rest back from the caller.")
    state = serializers.ChoiceField(_ITEM_STATES, allow_null=True)
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]


class ItemPageShape(Shape):
    """A page of items, newest first."""

    items = FoundItemShape(many=True)
    next_before = serializers.UUIDField(allow_null=True, help_text="Send it as `before` for the next page.")


class ItemPredictionShape(Shape):
    """What the model said of an item and where the policy sent it."""

    suggestion = SuggestionShape(allow_null=True)
    failure = serializers.CharField()
    failure_detail = serializers.CharField()
    latency_ms = serializers.FloatField(allow_null=True)
    disposition = serializers.CharField()
    why = WhyShape()
    queue = serializers.CharField()
    policy = serializers.CharField()
    drawn = serializers.BooleanField()
    draw_probability = serializers.FloatField()
    routed_at = serializers.DateTimeField()


class OutcomeShape(Shape):
    """An answer; what says who amended it and why is empty for one that was not amended."""

    id = serializers.UUIDField()
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    fields = JsonObject()  # type: ignore[assignment]
    source = serializers.CharField()  # type: ignore[assignment]
    decision = serializers.UUIDField(allow_null=True)
    supersedes = serializers.UUIDField(allow_null=True, help_text="The outcome that this one took the place of.")
    amended_by = serializers.UUIDField(allow_null=True, help_text="The person's pseudonym.")
    reason_code = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    recorded_at = serializers.DateTimeField()


class AmendmentShape(Shape):
    """What the outcome is to be; what is not sent stays as it is."""

    label = serializers.CharField(max_length=200, required=False, allow_null=True, help_text="Null: no label applies.")  # type: ignore[assignment]
    fields = JsonObject(required=False)  # type: ignore[assignment]
    reason_code = serializers.CharField(max_length=63, required=False)
    note = serializers.CharField(max_length=4000, required=False)
    supersedes = serializers.UUIDField(
        required=False, help_text="The outcome that is meant: another one by now is a 409 with the code stale_state."
    )


class AmendedShape(Shape):
    """The new outcome, and which one it took the place of."""

    id = serializers.UUIDField(help_text="The item.")
    outcome = OutcomeShape()
    supersedes = serializers.UUIDField()


class ItemReviewShape(Shape):
    """One slot of human work on an item, with its answers."""

    id = serializers.UUIDField()
    queue = NamedShape()
    kind = serializers.ChoiceField(_KINDS)
    round = serializers.IntegerField()
    slot = serializers.IntegerField()
    state = serializers.CharField(help_text=f"One of {', '.join(ReviewState)}.")
    due_at = serializers.DateTimeField()
    decisions = serializers.ListField(child=JsonObject())
    late_answers = serializers.ListField(child=JsonObject())


class ItemShape(Shape):
    """An item; what is not required is missing while a blind review keeps it back from the caller."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    workflow = NamedShape()
    contract = serializers.CharField()
    received_at = serializers.DateTimeField()
    payload = JsonObject(allow_null=True)
    masked = serializers.ListField(
        child=serializers.CharField(),
        help_text="Pointers whose values are null here because they are sensitive; empty for an API client.",
    )
    views = JsonObject()
    sensitive = serializers.ListField(child=serializers.CharField())
    value = serializers.FloatField(allow_null=True)
    segment = serializers.CharField(allow_blank=True)
    flags = serializers.ListField(child=serializers.CharField())
    withheld = serializers.BooleanField()
    subject = serializers.CharField(required=False)
    priority = serializers.IntegerField(required=False)
    state = serializers.ChoiceField(_ITEM_STATES, required=False)
    attempts = serializers.IntegerField(required=False)
    last_error = serializers.CharField(required=False)
    failure = serializers.CharField(required=False, help_text="What a dead item failed of; empty for every other.")
    died_at = serializers.DateTimeField(required=False, allow_null=True)
    prediction = ItemPredictionShape(required=False, allow_null=True)
    outcome = OutcomeShape(required=False, allow_null=True)
    earlier_outcomes = OutcomeShape(
        many=True, required=False, help_text="What amendments took the place of, newest first."
    )
    reviews = ItemReviewShape(many=True, required=False)
    outbox = MessageShape(many=True, required=False)


class AnsweredShape(ReceiptShape):
    """What became of an item at intake; after waiting, with all members of the item itself."""

    state = serializers.ChoiceField(_ITEM_STATES, required=False, help_text="After waiting only, like `outcome`.")
    outcome = OutcomeShape(required=False, allow_null=True)


class PendingShape(ReceiptShape):
    """An item that is stored and was not final in time; its address is in the header Location."""

    state = serializers.ChoiceField(_ITEM_STATES, allow_null=True, help_text="Null while it is withheld.")


class TrailActorShape(Shape):
    """Who acted, by pseudonym."""

    kind = serializers.CharField()
    pseudonym = serializers.UUIDField()


class TrailEventShape(Shape):
    """One event of a trail."""

    seq = serializers.IntegerField()
    action = serializers.CharField()
    title = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    actor = TrailActorShape()
    request_id = serializers.UUIDField(allow_null=True)
    data = JsonObject(allow_null=True)  # type: ignore[assignment]


class TrailShape(Shape):
    """An item's events, oldest first, up to 1,000 at once."""

    withheld = serializers.BooleanField()
    events = TrailEventShape(many=True)


class WithdrawnShape(Shape):
    """An item that was withdrawn."""

    id = serializers.UUIDField()
    state = serializers.CharField()

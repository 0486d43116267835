"""Shapes of drafts, snoozing, revealing and answer templates, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, Shape
from review.domain.reveal_reasons import RevealReason


class NewDraftShape(Shape):
    """What was typed so far; a draft without content takes the kept one away."""

    fence = serializers.IntegerField(min_value=0, help_text="The lease it was typed under; it may have ended.")
    label = serializers.CharField(max_length=200, required=False, allow_null=True)  # type: ignore[assignment]
    fields = JsonObject(required=False, help_text="At most 64 KiB.")  # type: ignore[assignment]
    note = serializers.CharField(max_length=4000, required=False)
    reason_code = serializers.CharField(max_length=63, required=False)


class SavedShape(Shape):
    """When the draft was kept; null where nothing is: it was empty, or the review was answered meanwhile."""

    saved_at = serializers.DateTimeField(allow_null=True)


class SnoozeShape(Shape):
    """Until when nobody is to have the review."""

    fence = serializers.IntegerField(min_value=0)
    until = serializers.DateTimeField(help_text="From one minute to 30 days ahead, with its offset from UTC.")
    note = serializers.CharField(max_length=4000, required=False)


class SnoozedShape(Shape):
    """The review is nobody's until then."""

    snoozed_until = serializers.DateTimeField()


class RevealShape(Shape):
    """Which masked fields are to be looked at, and why."""

    pointers = serializers.ListField(
        child=serializers.CharField(), min_length=1, max_length=50, help_text="Of the item's `masked`."
    )
    reason_code = serializers.ChoiceField([reason.value for reason in RevealReason])
    note = serializers.CharField(max_length=4000, required=False, help_text="Required with the reason `other`.")


class RevealedShape(Shape):
    """What stands at these places."""

    values = JsonObject()


class TemplateShape(Shape):
    """An answer that is given often; reviewers may still change it before they send it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    action = serializers.CharField(help_text="correct, reject, escalate or skip.")
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    fields = JsonObject()  # type: ignore[assignment]
    reason_code = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)


class TemplatesShape(Shape):
    """The workflow's answer templates, by name."""

    templates = TemplateShape(many=True)

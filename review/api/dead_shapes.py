"""Shapes of dead letters, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import NamedShape, Shape


class DeadGroupShape(Shape):
    """The dead items of a workflow that failed of the same thing."""

    workflow = NamedShape()
    failure = serializers.CharField()
    items = serializers.IntegerField()
    oldest_at = serializers.DateTimeField(allow_null=True)


class DeadItemShape(Shape):
    """A dead item."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    workflow = NamedShape()
    failure = serializers.CharField()
    last_error = serializers.CharField()
    attempts = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    died_at = serializers.DateTimeField(allow_null=True)


class DeadLettersShape(Shape):
    """A page of dead items, newest first, and all of them by workflow and failure."""

    items = DeadItemShape(many=True)
    next_before = serializers.UUIDField(allow_null=True, help_text="Send it as `before` for the next page.")
    groups = DeadGroupShape(many=True)


class DealtWithShape(Shape):
    """A dead item that is dead no more."""

    id = serializers.UUIDField()
    state = serializers.CharField()


class WhichDeadShape(Shape):
    """Which dead items are meant."""

    workflow = serializers.CharField(max_length=63, help_text="Its key.")
    failure = serializers.CharField(max_length=32, required=False, help_text="Those of this failure alone.")


class EmptiedShape(Shape):
    """How many items were moved; where time ran out before the last, ask again."""

    moved = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="Items that can't be moved; they stay dead.")
    is_complete = serializers.BooleanField()

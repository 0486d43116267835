"""Shapes of working together, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import Shape
from review.api.shapes import DecisionShape
from review.services.bulk import MOST_AT_ONCE


class AssignShape(Shape):
    """Whom a review is given to."""

    person = serializers.UUIDField(allow_null=True)


class PersonShape(Shape):
    """A person by name."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    initials = serializers.CharField()


class AssignedShape(Shape):
    """Whose the review is now; null: everybody's."""

    review = serializers.UUIDField()
    assigned_to = PersonShape(allow_null=True)


class BulkShape(Shape):
    """One answer to several reviews."""

    reviews = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)
    action = serializers.CharField(help_text="`correct`, with a label, or `reject`.")
    label = serializers.CharField(max_length=200, required=False, allow_null=True)  # type: ignore[assignment]
    reason_code = serializers.CharField(max_length=63)
    note = serializers.CharField(max_length=4000, required=False)


class BulkDecisionShape(DecisionShape):
    """A recorded decision, and until when it can be undone."""

    undo_until = serializers.DateTimeField()


class BulkProblemShape(Shape):
    """Why a review was not answered."""

    code = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(allow_blank=True)


class BulkResultShape(Shape):
    """What became of one review."""

    review = serializers.UUIDField()
    decision = BulkDecisionShape(allow_null=True)
    problem = BulkProblemShape(allow_null=True)


class BulkResultsShape(Shape):
    """What became of each review, in the order in which they were named."""

    results = BulkResultShape(many=True)

"""Shapes of what helps to judge a review, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, Shape
from review.api.shapes import LabelShape


class AlikeShape(Shape):
    """An item like the review's."""

    item = serializers.UUIDField()
    external_id = serializers.CharField()
    title = serializers.CharField(help_text="Its title or first words; sensitive fields are left out.")
    similarity = serializers.FloatField(min_value=0, max_value=1)


class PrecedentShape(AlikeShape):
    """A decided one."""

    label = serializers.CharField(allow_null=True, help_text="Null: no label applies.")  # type: ignore[assignment]
    label_title = serializers.CharField()
    decided_at = serializers.DateTimeField()


class SimilarShape(AlikeShape):
    """One that waits in the same queue."""

    review = serializers.UUIDField()


class ModelCardShape(Shape):
    """The model behind the suggestion."""

    name = serializers.CharField()
    version = serializers.CharField()
    backend = serializers.CharField()
    registered_at = serializers.DateTimeField()
    metrics = JsonObject(help_text="As they were registered.")
    labels = LabelShape(many=True)
    known_failures = serializers.ListField(child=serializers.CharField())


class ContextShape(Shape):
    """What helps to judge; all of it empty for a blind review."""

    precedents = PrecedentShape(many=True, help_text="The nearest decided items, at most 3.")
    similar_open = SimilarShape(
        many=True, help_text="At most 20, where the queue lets similar items be answered together."
    )
    model = ModelCardShape(allow_null=True)

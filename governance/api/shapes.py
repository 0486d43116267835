"""Shapes that every call of the API shares, for its documentation."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema_field
from rest_framework import serializers

Shape = serializers.Serializer[object]


@extend_schema_field(OpenApiTypes.OBJECT)
class JsonObject(serializers.JSONField):
    """Any JSON object."""


class ProblemErrorShape(Shape):
    """What is wrong with one place of the request."""

    pointer = serializers.CharField(help_text="JSON Pointer into the body or payload.")
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemShape(Shape):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; what programs should look at.")
    detail = serializers.CharField(required=False)
    errors = ProblemErrorShape(many=True, required=False)  # type: ignore[assignment]


class NamedShape(Shape):
    """A thing with key and name."""

    key = serializers.CharField()
    name = serializers.CharField()


def _problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(ProblemShape, description=description)


REFUSALS: dict[object, object] = {
    (400, "application/problem+json"): _problem("The body can't be read."),
    (401, "application/problem+json"): _problem("No token, or one that is not valid."),
    (403, "application/problem+json"): _problem("The role does not allow it."),
    (404, "application/problem+json"): _problem("There is no such thing in this workspace."),
    (409, "application/problem+json"): _problem("It does not fit the present state."),
    (413, "application/problem+json"): _problem("Too large."),
    (422, "application/problem+json"): _problem("Understood, and not acceptable as it stands."),
}

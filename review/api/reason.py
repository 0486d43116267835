"""The reason that many acts ask for, as the only member of their body."""

from rest_framework import serializers
from rest_framework.request import Request

from governance.api.body import Body
from governance.api.shapes import Shape
from routing.services.limit_rows import REASON_LENGTH


class ReasonShape(Shape):
    """Why somebody does this; it stands in the audit log."""

    reason = serializers.CharField(max_length=REASON_LENGTH)


def reason_of(request: Request) -> str:
    """Return the reason, or refuse a body that says none or anything else."""
    body = Body(request.data, known={"reason"})
    reason = body.text("reason", most=REASON_LENGTH, is_required=True)
    body.close()
    return reason

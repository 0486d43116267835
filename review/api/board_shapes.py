"""Shapes of the lead's board and of what can be done on it, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import NamedShape, Shape
from review.domain.forecast import Outlook


class ForecastShape(Shape):
    """When the queue is clear, or what that would take."""

    outlook = serializers.ChoiceField([outlook.value for outlook in Outlook])
    clear_at = serializers.DateTimeField(allow_null=True)
    people = serializers.IntegerField()
    needed = serializers.IntegerField(allow_null=True)


class BoardQueueShape(NamedShape):
    """A queue: how full it is (counted up to 10,000), its last hour by slots of five minutes, and its forecast."""

    workflow = NamedShape()
    is_paused = serializers.BooleanField()
    depth = serializers.IntegerField()
    overdue = serializers.IntegerField()
    due_soon = serializers.IntegerField()
    oldest_at = serializers.DateTimeField(allow_null=True)
    leased = serializers.IntegerField()
    arrivals = serializers.IntegerField()
    completions = serializers.IntegerField()
    balance = serializers.IntegerField()
    arrived = serializers.ListField(child=serializers.IntegerField())
    decided = serializers.ListField(child=serializers.IntegerField())
    present = serializers.ListField(child=serializers.CharField())
    forecast = ForecastShape()


class BoardRateShape(Shape):
    """How many of how many."""

    k = serializers.IntegerField()
    n = serializers.IntegerField()


class BoardPersonShape(Shape):
    """Somebody who may review; rates are of their last 200 answers within 30 days that can't be undone any more."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.CharField()
    decided_today = serializers.IntegerField()
    decided_last_hour = serializers.IntegerField()
    median_active_ms = serializers.FloatField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    overturn_shown = BoardRateShape()
    overturn_blind = BoardRateShape()
    holds = serializers.IntegerField()


class BoardWorkShape(Shape):
    """A review that somebody holds, or that is overdue in its queue."""

    review = serializers.UUIDField()
    item = serializers.UUIDField()
    external_id = serializers.CharField()
    queue = NamedShape()
    due_at = serializers.DateTimeField()
    person = serializers.UUIDField(allow_null=True)
    person_name = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)
    lease_until = serializers.DateTimeField(allow_null=True)


class StopShape(Shape):
    """A workflow whose automation is stopped: the time to the last automatic acceptance after it, and what is still held."""

    workflow = NamedShape()
    since = serializers.DateTimeField()
    reason = serializers.CharField()
    latency_s = serializers.FloatField()
    held = serializers.IntegerField()


class BoardShape(Shape):
    """The board as of one moment."""

    at = serializers.DateTimeField()
    queues = BoardQueueShape(many=True)
    people = BoardPersonShape(many=True)
    held = BoardWorkShape(many=True)
    overdue = BoardWorkShape(many=True)
    stops = StopShape(many=True)


class PauseShape(Shape):
    """Whether the queue is to hand work out, and why."""

    paused = serializers.BooleanField()
    reason = serializers.CharField(max_length=300)


class PausedShape(Shape):
    """Whether the queue hands work out now."""

    key = serializers.CharField()
    is_paused = serializers.BooleanField()


class TakenBackShape(Shape):
    """The review is open for everyone again."""

    taken_back = serializers.BooleanField()


class StopReasonShape(Shape):
    """Why somebody does this."""

    reason = serializers.CharField(max_length=300)


class StoppedShape(Shape):
    """Since when the workflow's automation is stopped, and whether this call did it."""

    since = serializers.DateTimeField()
    is_new = serializers.BooleanField()


class ResumedShape(Shape):
    """From when on the workflow's policy decides again."""

    resumed_at = serializers.DateTimeField()

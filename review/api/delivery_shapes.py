"""Shapes of webhooks, deliveries and the event feed, for the API's documentation."""

from rest_framework import serializers

from governance.api.shapes import JsonObject, Shape
from governance.domain import EVENT_TYPES
from review.selectors.delivery_log import STATES

_STATES = f"One of {', '.join(STATES)}."
_TYPES = f"Out of {', '.join(EVENT_TYPES)}; empty for all."


class WebhookChangeShape(Shape):
    """What of an endpoint can be changed; what is left out stays as it is."""

    name = serializers.CharField(max_length=120, required=False)
    url = serializers.URLField(max_length=1000, required=False)
    event_types = serializers.ListField(child=serializers.CharField(), required=False, help_text=_TYPES)
    workflows = serializers.ListField(child=serializers.CharField(), required=False, help_text="Keys; empty for all.")
    concurrency = serializers.IntegerField(min_value=1, max_value=32, required=False)
    is_enabled = serializers.BooleanField(required=False)


class NewWebhookShape(Shape):
    """A new endpoint."""

    name = serializers.CharField(max_length=120)
    url = serializers.URLField(max_length=1000)
    event_types = serializers.ListField(child=serializers.CharField(), required=False, help_text=_TYPES)
    workflows = serializers.ListField(child=serializers.CharField(), required=False, help_text="Keys; empty for all.")
    concurrency = serializers.IntegerField(min_value=1, max_value=32, default=4)


class WebhookShape(Shape):
    """An endpoint, without its secret."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField())
    workflows = serializers.ListField(child=serializers.CharField())
    concurrency = serializers.IntegerField()
    is_enabled = serializers.BooleanField()
    disabled_reason = serializers.CharField(allow_blank=True, help_text="by_hand, gone (410) or failing.")
    disabled_at = serializers.DateTimeField(allow_null=True)
    failing_since = serializers.DateTimeField(allow_null=True, help_text="No attempt has succeeded since.")
    paused_until = serializers.DateTimeField(allow_null=True, help_text="The receiver asked for it by Retry-After.")
    created_at = serializers.DateTimeField()


class CreatedWebhookShape(WebhookShape):
    """A new endpoint with its secret, which is not shown again."""

    secret = serializers.CharField()


class WebhooksShape(Shape):
    """The workspace's endpoints, by name."""

    webhooks = WebhookShape(many=True)


class RotateShape(Shape):
    """How long the old secret goes on signing beside the new one."""

    overlap_s = serializers.IntegerField(min_value=0, max_value=604800, default=86400)


class SecretShape(Shape):
    """A new secret, which is not shown again."""

    secret = serializers.CharField()


class PingedShape(Shape):
    """The event that is on its way to this endpoint alone."""

    event = serializers.UUIDField()


class RangeShape(Shape):
    """Events published from `since` up to and without `until`."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


class ReplayedShape(Shape):
    """How many deliveries start anew."""

    count = serializers.IntegerField()


class DeliveryShape(Shape):
    """One event on its way to one endpoint."""

    id = serializers.UUIDField()
    event = serializers.UUIDField(help_text="The header webhook-id, and the event's id.")
    type = serializers.CharField()
    item = serializers.UUIDField(allow_null=True)
    external_id = serializers.CharField(allow_null=True)
    webhook = serializers.UUIDField()
    webhook_name = serializers.CharField()
    state = serializers.CharField(help_text=_STATES)
    attempts = serializers.IntegerField()
    replays = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True, help_text="Null unless it waits for an attempt.")
    last_attempt_at = serializers.DateTimeField(allow_null=True)
    last_status = serializers.IntegerField(allow_null=True, help_text="Null where no answer came.")
    last_error = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class DeliveryPageShape(Shape):
    """A page of deliveries, newest first."""

    deliveries = DeliveryShape(many=True)
    next_before = serializers.UUIDField(allow_null=True, help_text="Send it as `before` for the next page.")


class AttemptShape(Shape):
    """One request and what came back."""

    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    took_ms = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_blank=True)
    response_excerpt = serializers.CharField(allow_blank=True)


class DeliveryDetailShape(DeliveryShape):
    """A delivery with every attempt."""

    tries = AttemptShape(many=True)


class ItemDeliveryShape(Shape):
    """Where an item's event stands at one endpoint."""

    id = serializers.UUIDField()
    webhook_name = serializers.CharField()
    state = serializers.CharField(help_text=_STATES)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    last_status = serializers.IntegerField(allow_null=True)


class MessageShape(Shape):
    """What has left or is to leave the product, and where it stands at each endpoint."""

    id = serializers.UUIDField()
    type = serializers.CharField()
    due_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    recorded_at = serializers.DateTimeField()
    outcome = serializers.UUIDField(allow_null=True)
    deliveries = ItemDeliveryShape(many=True)


class CloudEventShape(Shape):
    """An event (CloudEvents 1.0), byte for byte as webhooks carry it."""

    specversion = serializers.CharField()
    id = serializers.UUIDField()
    source = serializers.CharField()  # type: ignore[assignment]
    type = serializers.CharField()
    time = serializers.DateTimeField()
    subject = serializers.UUIDField()
    datacontenttype = serializers.CharField()
    data = JsonObject()  # type: ignore[assignment]


class EventsShape(Shape):
    """Events behind a cursor, in the order in which they were published."""

    events = CloudEventShape(many=True)
    next_after = serializers.IntegerField(help_text="Send it as `after` for the next events.")
    has_more = serializers.BooleanField()

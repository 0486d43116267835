"""Where outcomes are delivered to, what is to go there, and every attempt that was made."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models.workspaces import Workspace

MOST_CONCURRENT = 32


class EventFeed(models.Model):
    """A workspace's counter of published events: whoever publishes locks the row, so that numbers become visible in order."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True)
    last_seq = models.BigIntegerField(default=0)
    # Events up to this number have been deleted after their time.
    forgotten_seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"feed at {self.last_seq}"


class DisabledReason(models.TextChoices):
    """Why an endpoint gets nothing any more."""

    BY_HAND = "by_hand", _("Switched off")
    GONE = "gone", _("It answered 410 Gone")
    FAILING = "failing", _("It failed for five days")


class WebhookEndpoint(models.Model):
    """An address of the customer's that is sent events."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    name = models.CharField(_("name"), max_length=120)
    url = models.CharField(_("address"), max_length=1000)
    # Empty lists let everything through.
    event_types = ArrayField(models.CharField(max_length=64), default=list, blank=True, verbose_name=_("events"))
    workflows = ArrayField(models.CharField(max_length=63), default=list, blank=True, verbose_name=_("workflows"))
    concurrency = models.PositiveSmallIntegerField(
        _("requests at once"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CONCURRENT)],
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    disabled_reason = models.CharField(max_length=8, choices=DisabledReason, blank=True)
    disabled_at = models.DateTimeField(null=True)
    # Since when no attempt has succeeded; null after a success.
    failing_since = models.DateTimeField(null=True)
    # What the receiver asked for with Retry-After: nothing goes to it before.
    paused_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "name"], name="endpoint_name_unique_in_workspace"),
            models.CheckConstraint(
                condition=models.Q(is_enabled=True, disabled_reason="", disabled_at__isnull=True)
                | (models.Q(is_enabled=False, disabled_at__isnull=False) & ~models.Q(disabled_reason="")),
                name="a_disabled_endpoint_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WebhookSecret(models.Model):
    """A signing secret of an endpoint, sealed; during a rotation the old one signs beside the new one until it retires."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    retires_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=models.Q(retires_at__isnull=True),
                name="one_lasting_secret_per_endpoint",
            ),
        ]

    def __str__(self) -> str:
        return f"secret of {self.endpoint_id}"


class DeliveryState(models.TextChoices):
    """Where one event stands at one endpoint."""

    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Being sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Given up")


class Delivery(models.Model):
    """One published event on its way to one endpoint; a replay starts the same row anew."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, db_index=False)
    message = models.ForeignKey("governance.OutboxMessage", on_delete=models.CASCADE, related_name="deliveries")
    # Copied from the message: order per thing is kept by (endpoint, stream_id, published_seq).
    stream_id = models.UUIDField()
    published_seq = models.BigIntegerField()
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    replays = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["endpoint", "message"], name="one_delivery_per_endpoint_and_message"),
            models.CheckConstraint(
                condition=models.Q(state="sending", lease_until__isnull=False)
                | (~models.Q(state="sending") & models.Q(lease_until__isnull=True)),
                name="a_delivery_is_leased_while_sent",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["endpoint", "next_attempt_at", "published_seq"],
                condition=models.Q(state="pending"),
                name="delivery_due",
            ),
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="delivery_sending"),
            models.Index(
                fields=["endpoint", "stream_id", "published_seq"],
                condition=models.Q(state__in=["pending", "sending"]),
                name="delivery_order",
            ),
            models.Index(fields=["workspace", "id"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.endpoint_id}"


class DeliveryAttempt(models.Model):
    """One request to an endpoint and what came back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    # Null where no answer came.
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    response_excerpt = models.CharField(max_length=1000, blank=True)

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"


class PrivateHost(models.Model):
    """A host and port inside one's own network that webhooks and models may be called at; entered by an admin."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    host = models.CharField(_("host"), max_length=253)
    port = models.PositiveIntegerField(_("port"), validators=[MinValueValidator(1), MaxValueValidator(65535)])
    note = models.CharField(_("note"), max_length=300, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("private host")
        verbose_name_plural = _("private hosts")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "host", "port"], name="private_host_once_in_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

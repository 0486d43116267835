"""Queues, who works them, and the slots of work in them."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from governance.domain import Role, uuid7
from governance.models import Workspace
from governance.models.workspaces import key_validator
from review.domain.states import ReviewKind, ReviewState
from review.models.items import Item

QUEUE_ROLES = [(Role.LEAD.value, _("Lead")), (Role.OWNER.value, _("Owner"))]
REVIEW_KINDS = [
    (ReviewKind.PRIMARY.value, _("Primary")),
    (ReviewKind.SECOND.value, _("Second")),
    (ReviewKind.ADJUDICATION.value, _("Adjudication")),
    (ReviewKind.CALIBRATION.value, _("Calibration")),
    (ReviewKind.GOLD.value, _("Gold")),
]
REVIEW_STATES = [
    (ReviewState.OPEN.value, _("Open")),
    (ReviewState.LEASED.value, _("Leased")),
    (ReviewState.DECIDED.value, _("Decided")),
    (ReviewState.CANCELLED.value, _("Cancelled")),
]


class Queue(models.Model):
    """Ordered work for people with a skill."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey("routing.Workflow", on_delete=models.CASCADE, related_name="queues")
    key = models.CharField(_("key"), max_length=63, validators=[key_validator])
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(
        _("open to everyone with the role"),
        max_length=16,
        choices=QUEUE_ROLES,
        blank=True,
        help_text=_("Beside the queue's own members."),
    )
    undo_window_s = models.PositiveIntegerField(
        _("undo window, seconds"),
        default=30,
        validators=[MaxValueValidator(86_400)],
    )
    lease_s = models.PositiveIntegerField(
        _("lease, seconds"),
        default=300,
        validators=[MinValueValidator(10), MaxValueValidator(86_400)],
    )
    sla_s = models.PositiveIntegerField(_("due after, seconds"), default=8 * 3600)
    step_s = models.PositiveIntegerField(
        _("step, seconds"),
        default=3600,
        validators=[MaxValueValidator(86_400)],
        help_text=_("How much earlier one step of priority ranks an item."),
    )
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="QueueMember", related_name="queues")
    is_paused = models.BooleanField(_("paused"), default=False)
    allows_bulk = models.BooleanField(
        _("similar items may be answered together"),
        default=False,
        db_default=False,
        help_text=_("Each is still a decision of its own, and blind reviews are never among them."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "key"], name="queue_key_unique_in_workspace"),
        ]

    def __str__(self) -> str:
        return self.name


class QueueMember(models.Model):
    """A person who has a queue's skill."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="queue_memberships")

    class Meta:
        verbose_name = _("queue member")
        verbose_name_plural = _("queue members")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["queue", "user"], name="one_queue_membership_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.queue}"


class Review(models.Model):
    """One slot of human work on an item; `decision` points at the effective answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    item = models.ForeignKey(Item, on_delete=models.DO_NOTHING, db_index=False, related_name="reviews")
    queue = models.ForeignKey(Queue, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    kind = models.CharField(max_length=16, choices=REVIEW_KINDS)
    round = models.PositiveSmallIntegerField(default=1)
    slot = models.PositiveSmallIntegerField(default=1)
    priority = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()
    rank_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=REVIEW_STATES, default=ReviewState.OPEN.value)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
    )
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    skipped_by = ArrayField(models.UUIDField(), default=list)
    assigned_to = models.UUIDField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    decision = models.ForeignKey(
        "review.Decision",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    occurred_at = models.DateTimeField(db_default=Now())
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "round", "slot"], name="one_review_per_slot"),
            models.CheckConstraint(
                condition=models.Q(state="leased", holder__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="leased") & models.Q(lease_until__isnull=True)),
                name="a_lease_has_holder_and_end",
            ),
            models.CheckConstraint(
                condition=models.Q(state="decided", decision__isnull=False)
                | (~models.Q(state="decided") & models.Q(decision__isnull=True)),
                name="decided_has_a_decision",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["queue", "rank_at", "id"], condition=models.Q(state="open"), name="review_open"),
            models.Index(fields=["lease_until"], condition=models.Q(state="leased"), name="review_leased"),
            models.Index(fields=["holder"], condition=models.Q(state="leased"), name="review_held_by"),
            models.Index(
                fields=["assigned_to"],
                condition=models.Q(state="open", assigned_to__isnull=False),
                name="review_assigned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.item_id}"

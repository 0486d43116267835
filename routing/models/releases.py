"""Changes of a policy as releases: proposed with a preview, approved, staged, full or taken back."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from routing.models.registry import PolicyVersion
from routing.models.workflows import Workflow


class ReplayState(models.TextChoices):
    """How far a replay is."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Replay(models.Model):
    """A draft policy over past items: what would have gone another way."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="replays")
    # What the draft is held against; empty: where the items went at the time.
    base_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+")
    body = models.JSONField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=ReplayState, default=ReplayState.WAITING)
    total = models.PositiveIntegerField(default=0)
    replayed = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    # Figures before and after, by label and segment: see routing/services/replay_result.py. While it runs, the number of attempts.
    result = models.JSONField(default=dict)
    # The items that go another way, packed; see routing/domain/flips.py.
    flips = models.BinaryField(default=bytes)
    requested_by_id = models.UUIDField()
    requested_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workflow", "-requested_at"], name="replay_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.state}"


class ProposalState(models.TextChoices):
    """Where a proposal stands."""

    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    STAGED = "staged", _("Staged")
    FULL = "full", _("In force")
    REPLACED = "replaced", _("Replaced")
    ROLLED_BACK = "rolled_back", _("Rolled back")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ProposalKind(models.TextChoices):
    """What a proposal is."""

    CHANGE = "change", _("Change")
    RETURN = "return", _("Return to an earlier version")
    AT_ONCE = "at_once", _("Activated without a proposal")


class PolicyProposal(models.Model):
    """A policy version on its way into force, and how it ended."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="proposals")
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="proposals")
    base_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True, related_name="+")
    replay = models.ForeignKey(Replay, on_delete=models.PROTECT, null=True, related_name="proposals")
    kind = models.CharField(max_length=8, choices=ProposalKind, default=ProposalKind.CHANGE, db_default="change")
    # What the owner saw when proposing: the tuner's figures, and the replay's where there was one.
    preview = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(max_length=12, choices=ProposalState, default=ProposalState.PROPOSED)
    share = models.FloatField(default=0)
    # Both by pseudonym, as in the audit trail: it tells people, machines and the product itself apart.
    proposed_by_id = models.UUIDField()
    proposed_at = models.DateTimeField(auto_now_add=True)
    approved_by_id = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    staged_at = models.DateTimeField(null=True)
    in_force_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("policy proposal")
        verbose_name_plural = _("policy proposals")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["workflow"],
                condition=models.Q(state=ProposalState.STAGED),
                name="one_staged_proposal",
            ),
            models.CheckConstraint(
                condition=models.Q(share__gte=0) & models.Q(share__lte=1), name="proposal_share_is_a_share"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workflow", "-proposed_at"], name="proposal_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.state})"

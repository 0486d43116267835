"""What reviewers keep beside their answers: what is half typed, and answers given often."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models import Workspace
from review.domain.states import DecisionAction
from review.models.queues import Review

TEMPLATE_ACTIONS = [
    (DecisionAction.CORRECT.value, _("Answer with a label")),
    (DecisionAction.REJECT.value, _("No label applies")),
    (DecisionAction.ESCALATE.value, _("Escalate")),
    (DecisionAction.SKIP.value, _("Skip")),
]


class Draft(models.Model):
    """What a person has typed for a review and not sent; gone once they have answered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    review = models.ForeignKey(Review, on_delete=models.DO_NOTHING, db_constraint=False, related_name="drafts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False)
    body = models.JSONField()
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["review", "person"], name="one_draft_per_person"),
        ]

    def __str__(self) -> str:
        return f"draft for {self.review_id}"


class AnswerTemplate(models.Model):
    """An answer that is given often in a workflow, under a name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    workflow = models.ForeignKey("routing.Workflow", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    action = models.CharField(_("what it does"), max_length=16, choices=TEMPLATE_ACTIONS)
    label = models.CharField(_("label"), max_length=200, blank=True)
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    reason_code = models.CharField(_("reason"), max_length=63, blank=True)
    note = models.TextField(_("note"), max_length=4000, blank=True)
    is_active = models.BooleanField(_("offered"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("answer template")
        verbose_name_plural = _("answer templates")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workflow", "name"], name="template_name_unique_in_workflow"),
        ]

    def __str__(self) -> str:
        return self.name

"""Notices to people: somebody named them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from governance.domain import uuid7
from governance.models.workspaces import Workspace


class Notice(models.Model):
    """A sentence for one person about a thing, until they have read it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="notices"
    )
    kind = models.CharField(_("kind"), max_length=32)
    from_name = models.CharField(_("from"), max_length=120, blank=True)
    text = models.CharField(_("text"), max_length=500, blank=True)
    object_kind = models.CharField(max_length=32)
    object_id = models.UUIDField()
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "person", "-created_at"], name="notice_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}"
